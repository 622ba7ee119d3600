"""What e-mail service providers report by webhook: signatures checked, each provider's words read as outcomes."""
