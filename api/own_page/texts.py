"""Every word of the page, but what is remembered and the names of topics: in one place, to be read through at once."""

from __future__ import annotations

from collections.abc import Mapping

from memory.account.model import Use

TEXTS: Mapping[str, str] = {
    "title": "What we remember about you",
    "lead": "Choose what we write to you about. See what we remember, have it put right, or have it forgotten.",
    "see": "See what we remember",
    "see_why": "E-mails get passed on, and this link with them. So that nobody else reads about you, write the address "
    "that we send our e-mails to.",
    "address": "Your e-mail address",
    "show": "Show me",
    "too_old": "The link you came by is more than 90 days old, and opens nothing any more. Take the one in a newer "
    "e-mail of ours, or ask us. What stands below works as ever.",
    "wrong_address": "That is not the address we write to. Nothing was opened.",
    "too_many": "Too many addresses were tried. To protect what is remembered, wait an hour and try again.",
    "choices": "The e-mails you want",
    "topics": "Write to me about",
    "frequency": "How often",
    "pause": "A pause",
    "uses": "How they are written",
    "personalisation": "Write my e-mails out of what you remember about me",
    "personalisation_why": "Without it you get what any stranger would get.",
    "predictions": "Make predictions about what I may need next",
    "predictions_why": "They are never mentioned in an e-mail. Without it none are made.",
    "objected": "you objected",
    "objected_why": "To allow it again, write your address above first: this link may be in other hands.",
    "objected_to": "What you objected to",
    "allow": "Allow it again",
    "allowed": "Allowed again. It holds from now on.",
    "save": "Save",
    "saved": "Saved. It holds from now on.",
    "stop": "No e-mails at all",
    "stop_why": "One click, and there will be no more marketing e-mails. Letters about orders still come.",
    "unsubscribe": "Unsubscribe",
    "stopped": "Done. You will get no more marketing e-mails.",
    "is_stopped": "You get no marketing e-mails from us. That stays so until you sign up again.",
    "intro": "This is everything, told in outline: addresses, sums and your own words are left out here, in case "
    "somebody looks over your shoulder. You can stay for half an hour.",
    "change": "Change this",
    "instead": "What is right instead",
    "correct": "Put it right",
    "forget": "Forget it",
    "forget_why": "It will neither be used nor mentioned again. That cannot be taken back; something new that you do "
    "may be remembered again.",
    "corrected": "Put right. It reads as you wrote it from now on.",
    "forgotten": "Forgotten. It is neither used nor mentioned any more.",
    "already_gone": "That was gone already.",
    "not_possible": "That could not be changed: ",
    "nothing": "Nothing.",
    "more": "more",
    "past": "too old to be used",
    "yours": "Yours to take, or to have erased",
    "download": "Download what stands here",
    "download_why": "A file with the page above, for you or for a program.",
    "copy": "Ask for a copy of everything",
    "copy_why": "With every order, e-mail and word that is kept. We send it to the address that we have of you, not "
    "through this page.",
    "copy_asked": "Asked. We will send the copy to the address that we have of you.",
    "erase": "Ask to be erased",
    "erase_why": "Everything goes, for good. Somebody at the shop looks at it first, because this link may be in other "
    "hands.",
    "erase_asked": "Asked. We will see to it, and may ask you once whether it was you.",
    "waiting": "You have asked for this. It waits for an answer.",
    "back": "Close, and back to your choices",
    "timed_out": "Half an hour has passed. Write your address once more to go on.",
    "gone_title": "Nothing is remembered about you",
    "gone": "You were erased, or were never known here. Nothing is kept that this link could show.",
    "broken_title": "This link does not work",
    "broken": "It may have been cut off. Open it again from the e-mail, or reply to the e-mail and ask.",
}
USES: Mapping[Use, str] = {
    "named": "may be mentioned",
    "coarse": "only in general words",
    "steers": "never mentioned; helps to choose",
    "unused": "not used",
    "delivery": "to reach you",
    "records": "a record",
}
"""What is done with a thing, in two or three words; `memory.account.model.USES` has the sentence."""
