"""From stored e-mails to whoever sends them: SMTP, listmonk, webhooks. At least once, with a key to deduplicate on."""
