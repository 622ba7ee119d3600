"""What no shop writes of a product or of itself, by kind: where it begins, something else was put in.

Each kind is a shape with evidence of its own (a merge tag, an order to whoever writes, an account to pay to), so that
real titles hold none: `tests/unit/catalog/test_intrusions.py` keeps the ordinary ones that come near.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_WRITER = (
    r"(?:(?:copy)?writers?|authors?|editors?|assistants?|ai|a\.i\.|llms?|(?:language\s|ai\s)?models?|chat\s?bots?|bots?"
    r"|robots?|gpt\w*|chatgpt|claude|gemini|algorithms?)"
)
_LETTER = (
    r"(?:subject(?:\s+line)?|preheader|e-?mails?|newsletters?|greeting|salutation|sign-?off|cta|footer|pitch(?:es)?)"
)
_BETREFF = r"(?:betreff\w*|objet|asunto|oggetto|onderwerp|temat|тем[аеуы]|主题|邮件|件名|الموضوع)"
_ILLS = (
    r"(?:arthritis|arthrose|cancers?|krebs|cáncer|tumou?rs?|diabetes|diabète|covid\w*|hiv|aids|depression|anxiety"
    r"|autism"
    r"|asthma|asthme|alzheimer\w*|dementia|eczema|psoriasis|migraines?|migräne|insomnia|schlaflosigkeit|infections?|flu"
    r"|adhd|epilepsy|stroke|heart\s+(?:disease|attacks?)|hypertension|back\s+pain|infertility|impotence|obesity|reflux"
    r"|rheuma\w*|allerg(?:y|ies)|disease|illness(?:es)?|everything|all\s+(?:ills|diseases|illness\w*|pain))"
)
_NO_SIZES = (
    r"\b(?:1\d\d[\s:,]+\d\d|12\d[\s:,]+1[01]\d|11\d[\s:,]+10\d|9\d[\s:,]+[2-8]\d|8\d[\s:,]+[2-7]\d"
    r"|7\d[\s:,]+[2-6]\d|6\d[\s:,]+[2-5]\d|5\d[\s:,]+[234]\d|4\d[\s:,]+[23]\d|3\d[\s:,]+2\d)\b"
)
"""A number below the one before it: sizes go up, the codes of letters go up and down."""
_KINDS = {
    "placeholder": r"""
        %%\s*[\w.:-]+\s*%% | \*\|[^|]{0,60}\|\* | <%|%> | \{\{|\}\}|\{%|%\}|[$\#@]\{ | \{\$\w | \[%|%\] | \$\(\w
        | %\(\w+\)s | %[A-Z]+(?:_[A-Z]+)*% | ~\w+~\s | \[\[|\]\]
        | \[(?:(?:first|last|full)[\s_-]?name|[fl]name|(?:user|customer|insert|your)(?:[\s_-]\w+)*
        |(?:shop|order|e-?mail|discount|promo)[\s_-]?(?:name|number|no|id|code|date|link|url|address))\]
        | <<\s*\w+\s*>> | «\w+_\w+» | \b__\w+__\b | \[object\s\w+\] | (?<!\w)@@?\w*\[\w | \{[a-z_.]{2,40}\}""",
    "link": r"""
        \[[^\[\]]{0,200}\]\s?\( | !\[ | \bh(?:tt|xx)ps?\b\s*[:;] | \bwww\d?\. | \b\S+@\S+\.\w\w | \bt\.me/ | \bwa\.me/
        | \bbit\.ly | \bdiscord\.gg | (?<![\w.])@[a-z]\w{3,} | (?<![\w&])\#(?!(?:[0-9a-f]{3}){1,2}\b)[a-z_]{2,}(?!\w)
        | \b[\w-]{3,}\s?(?:\[at\]
        |\(at\))\s?\w
        | \btinyurl | \b[\w-]{2,}(?:\.|\[\.\]|\s?\(dot\)\s?|\sdot\s)(?:example|onion|xyz|ru|tk)\b
        | \b[\w-]+\.(?:[a-z]{2,4})/\w | \bdata:(?:text|image|application)/ | \b(?:java|vb)script\s*: | \bfile:/
        | \bftps?:/ | \bmailto: | \btel:\s*\+? | /etc/\w | \bjndi:""",
    "code": r"""
        </?[a-z!?][^\s<>]* | \bon(?:error|load|click|mouse\w+|focus|blur|toggle|pointer\w+)\s*= | \balert\s*\(
        | \beval\s*\(
        | \bdocument\.(?:cookie|location|write) | \bwindow\.\w | \bfetch\s*\( | (?:^|\s)=\w+[(|] | \b(?:print|exec
        |system|require|import)\( | \brm\s+-rf | \bcurl\s+\S+\. | \bwhoami\b | \s--no-\w
        | (?-i:=(?:HYPERLINK
        |IMPORT\w+|CMD
        |WEBSERVICE))
        | ;\s*(?:drop|delete|truncate)\s+(?:table|from)\b | \bunion\s+(?:all\s+)?select\b | \bor\s+1\s*=\s*1\b
        | '\s*;?\s*--
        | \b(?:display|visibility|font-size|background(?:-image)?|position|opacity)\s*:\s*(?:none|hidden|0|url|absolute
        |fixed)
        | \burl\(\s*['"h/] | \}\s*[\w.\#]+\s*\{ | %(?:0[ad]|3[ce]|2[0-7f]|5b|7[bd])(?=\S) | (?:%[0-9a-f]{2}){3,}
        | \\[xu][0-9a-f]{2} | \\[nrt]\b
        | &(?:lt|gt|quot|amp|nbsp|apos|\#x?[0-9a-f]+); | "\s*[,:]\s*[{"\[] | [{\[]\s*"\w+"\s*:""",
    "system words": r"""
        \bsystem\s+(?:notice|notification|messages?\s*:|overrides?|note\s*:|command|instructions?|prompts?|update\s*:
        |alert\s*:
        |says?\b)
        | (?:^|[.:;!?–—|\[(>-]|\s{2})\s*(?:system|assistant|user|human|developer|admin(?:istrator)?|root
        |sudo)\s*[:>\]]
        | _system_ | \bsystem_\w+ | \[/?(?:inst|sys|system|ai|user|assistant|tool)\b[^\]]*\]
        | <\|[^>]{0,40} | \|> | >{2,} | <{2,} | /{3,} | \#{3,} | -{4,} | ={4,} | \b(?:begin
        |end)\s+of\s+(?:\w+\s+)?(?:data|prompt
        |context|input|notes)\b
        | \b(?:system|developer|hidden|secret|original|initial|exact)\s+(?:prompt|instructions?|rules)\b
        | \b(?:previous|prior|above|earlier|preceding)\s+(?:instructions?|rules?|prompts?|text|categories|notes
        |messages)\b
        | \b(?:debug|developer|god|admin|jailbreak|dan|maintenance|unrestricted)\s+mode\b | \bjailbreak\w*
        | \byou\s+are\s+dan\b
        | \boverride\s+(?:code|password|all|the)\b | \bprompt\s+injection\b | \bbrand\s+voice\b | \bget_\w+\(\)""",
    "praise": r"""
        \b(?:blessed|endorsed|recommended|loved|chosen|worn|trusted|hated)\s+by\s+(?:the\s+)?(?-i:[A-Z])
        | \#1\s+best | \bbest-?seller\s+of\b
        | \bproduct\s+of\s+the\s+year\b | \b(?:five|5)-star\s+reviews?\b | [★⭐]{3,}
        | \bofficial\s+partner\s+of\b""",
    "false news": r"""
        \bbankrupt\b | \binsolvent\b | \bclos(?:es|ing)\s+(?:down|for\s+good)\b | \bgo(?:ing|es
        |ne)?\s+out\s+of\s+business\b
        | \b(?:kills?|poisons?|hurts?|burns?|blinds?)\s+(?:you|your|people|children|kids|dogs?|pets?|babies|everyone)\b
        | \bwe\s+know\s+(?:where|what|who|that)\b | \bwhere\s+you\s+live\b | \bwatching\s+you\b
        | \breported\s+to\s+the\s+police\b
        | \blegal\s+action\b | \bwill\s+be\s+(?:punished|fined|reported|sued|prosecuted)\b | \b(?:police|fbi|mi5
        |cia)\s+(?:is|are|watch\w*)\b""",
    "order": rf"""
        \bdear\s+(?:customers?|readers?|friends?|clients?|subscribers?|sirs?|kund(?:e|in|en)|client(?:e|s)?)\b
        | \bnew\s+(?:instructions?|task\s*:)
        | (?-i:\bref\.?\s+[A-Z][A-Z0-9-]{{3,}}) | \b(?:hidden|secret)\s+(?:note|message|instruction|word)s?\b
        | (?-i:\b(?:AI|KI|IA)\b)\s*[:,]
        | (?-i:\b(?:AI|KI|IA)\s+(?:please|bitte|merci)) |
        \b(?:subject(?:\s+line)?|preheader|b?cc|reply-to|content-type|x-\w+)\s*: |
        \b(?:as|for|to|dear|hey|hi|hello|ok|okay|attention|attn|note\s+(?:to|for)|message\s+(?:to|for)
        |instructions?\s+(?:to|for))
        \s+(?:(?:the|an?|all|any|every|our|your|you)\s+){{0,2}}{_WRITER}\b(?!(?<=[eo]rs)\s*[,–—-])
        (?=\s*[,:;.!–—-]|\s+(?:who|that|must|should
        |please|to)\b)
        | \b(?:ai|llm|bot|assistant|(?:copy)?writer|chatbot)(?:\s*,|s?\s*:|s?\s+(?:must|should|please|shall))\s+\w
        | \b(?:ai|llm|gpt)\s+(?:readers?|models?|writers?|agents?|instructions?)\b
        | \b{_LETTER}\s+(?:must|should|shall|has\s+to|have\s+to|ought|needs?\s+to|will)\b | \b{_LETTER}\s+(?:is\s+to
        |to)\s+(?:be|read|say)\b
        | \b(?:say|write|print|output|add|insert|append|include|mention|repeat|quote|use|put|place|end|begin
        |hide)\b[^.!?]{{0,60}}
          \b(?:in|into|as|to|of|on|with)\s+(?:the|this|that|your|each|every|all|any|my)\s+(?:next\s+
          |whole\s+)?{_LETTER}\b
        | \b(?:close|end|begin|start|open|finish|sign(?:\s?off)?|signed|reply|answer|respond)s?\s+
          (?:(?:it|off|up|the\s+\w+|each\s+\w+|every\s+\w+|all\s+\w+)\s+)?(?:with|by|as)\s+["'“‘«„‹]
        | \b(?:say|write|print|output|add|insert|append|include|mention|repeat|quote|use|put|sign\s?off
        |tell\s+\w+)s?\b\s*:?\s*
          (?:the\s+(?:word|phrase|text|code|string|line|tag)\b|["'“‘«„‹](?=\S))
        | \b(?:ignore|disregard|forget|override|bypass|skip)\s+(?:all|any|every|everything|the|previous|prior|your
        |these|those|what)\b
        | \btell\s+(?:the\s+)?(?:reader|customer|recipient|people|everyone|everybody|them|her|him|all)s?\b
        | \b(?:readers?|recipients?|customers?)\s+(?:must|should|shall|has\s+to|have\s+to)\b
        | \b(?:must|should|shall)\s+(?:be\s+(?:said|told|written|mentioned|called|described)|say|read|mention|contain
        |include)\b
        | \b(?:call|describe|advertise|praise|present|recommend|sell)\s+(?:it|this|them|the\s+product|him
        |her)\s+(?:as|to|a|the|an)\b
        | \bdo(?:n['’]t|\s+not)\s+(?:mention|tell|say|reveal|write|include|show|quote)\b | \b(?:pls|please
        |kindly)\s+(?:say|write|add
        |mention|include|print|tell|quote|confirm|put|send|visit|click|ignore)\b
        | \b(?:rot-?13|base-?64|decode|hex\)|ascii\s+codes?|morse|caesar\s+cipher|spell\s+(?:it|this|out)|acrostic
        |backwards?:)\b
        | \b(?:role-?play|pretend\s+(?:to|that|you)|act\s+as|you\s+are\s+(?:now|an?\s+ai|a\s+helpful)
        |from\s+now\s+on
        (?=\s*[.,:;!–—-]|\s+(?:you|your|all|every|always|never|only|the|it|no|\w+\s+(?:the|a|an|only|with|as|in)\b))
        |let['’]s\s+play)\b
        | \bon\s+behalf\s+of\s+(?:the\s+)?(?:ceo|management|head\s+office|brand\s+team)\b | \b(?:per|by\s+order\s+of
        |approved\s+by)\s+
          (?:the\s+)?(?:ceo|management|head\s+office|finance|legal|compliance|marketing)\b
        | \beditor['’]?s?\s+note\b | \bcopy(?:writing)?\s+note\b | \blegal\s+notice\b | \bp\.?\s?s\.?\s+(?:from|to
        |an\s+die)\b""",
    "order in another language": rf"""
        \b(?:ignorier\w*|vergiss|vergesst|missachte\w*)\s+(?:sie\s+)?(?:bitte\s+)?(?:alles?|die|das|den|deine|ihre|sämtliche
        |bisherige)\b
        | \b(?:ignorez|oubliez|oublie|ignore)\s+(?:toutes?|tous|les|la|le|vos|tes|ce\s+qui|tout)\b
        | \b(?:ignora|ignore|olvida|olvide)\s+(?:todas?|todos?|las|los|el|tus|sus)\b | \b(?:ignora
        |dimentica)\s+(?:tutte|tutti|le)\b
        | \b(?:ignore|esqueça)\s+(?:todas|todos|as|os)\b | \b(?:negeer|ignoreer|vergeet)\s+(?:alle|de|het)\b
        | \b(?:zignoruj
        |zapomnij|pomiń)\b
        | \b(?:ignorera|glöm|ignorer|glem)\s+(?:alla?|de|alle)\b | \b(?:игнорируй\w*|забудь\w*|напиши\w*
        |проигнорируй\w*)\b
        | 忽略|无视|無視|忘记之前|写上|请写|書いて|무시하|تجاهل|اكتب\b| \byoksay|\bgörmezden\s+gel
        | \b(?:schreib\w*|setze|füge|nenne|erwähne|beende|ergänze|antworte|verrate|wiederhole)\b[^.!?]{{0,60}}
          \b(?:{_BETREFF}|e-?mail|mail|antwort|newsletter|absatz|wort|ende|code|satz)\b
        | \b(?:écri[sv]\w*|ajoute[zr]?|mets|mettez|termine[zr]?|mentionne[zr]?|réponds|répondez
        |répète[zr]?)\b[^.!?]{{0,60}}
          \b(?:{_BETREFF}|e-?mail|mail|message|réponse|mot|fin|code|par\s+[«"])
        | \b(?:escrib[ea]\w*|añad[ea]\w*|incluy[ea]\w*|pon(?:ga)?|termina|menciona|responde|repite)\b[^.!?]{{0,60}}
          \b(?:{_BETREFF}|correo|mensaje|respuesta|palabra|final|código)\b
        | \b(?:wpisz|napisz|dodaj)\b[^.!?]{{0,60}}\b(?:słowo|temacie|wiadomości|kod)\b
        | \b(?:system(?:anweisung|hinweis|meldung|nachricht|prompt|vorgabe)\w*|consigne\s+(?:du\s+)?syst[eè]me)
        | \b(?:an\s+die\s+ki|liebe\s+ki|ki-?(?:modell|assistent|texter)\w*|chère\s+ia|à\s+l['’]ia|querida\s+ia
        |a\s+la\s+ia)\b
        | \b(?:syst[eè]me|sistema|consignes?|anweisung(?:en)?|instrucci[oó]n(?:es)?)\s*[:\]]""",
    "money": r"""
        \biban\b | (?-i:\b[A-Z]{2}\d{2}(?:\s[A-Z]{4})?(?:\s\d{4}){3,}) | (?-i:\b[A-Z]{2}\d{2}[A-Z]{4}\d{10,}\b)
        | \bcvv2?\b
        | (?<![\w.-])(?<!\d\s)[45]\d{3}(?P<gap>[ -])\d{4}(?:(?P=gap)\d{4}){2}(?!\w|[ -]\d{4}|-) | (?<!\d)4\d{15}(?!\d)
        | \bbc1[a-z0-9]{8,} | \b0x[0-9a-f]{20,}
        | (?-i:\b[13][1-9A-HJ-NP-Za-km-z]{25,39}\b) | \b(?:send|wire|transfer|pay|deposit|invest|donate)\s+
          (?:[\d.]+|it|us|me|now|all|the|your)\b[^.!?]{0,40}\b(?:btc|bitcoins?|eth(?:ereum)?|usdt|crypto\w*|coins?|wallet
          |account|gift\s?cards?|western\s+union|deposit|paypal)\b
        | \b(?:btc|bitcoins?|crypto\w*|\w*coin|shares?|stocks?)\b[^.!?]{0,30}
          \b(?:will\s+(?:double|triple)|doubles|triples|to\s+the\s+moon|skyrockets?)\b
        | \breceive\s+(?:double|twice)\b | \bdouble\s+(?:your\s+(?:money|coins?|deposit|investment)|back)\b
        | \binvest\s+(?:now|today|in)\b
        | \bguaranteed\s+(?:returns?|profits?|income|win)\b | \bget\s+rich\b | \bpassive\s+income\b
        | \bpayday\s+loans?\b
        | \b(?:claim|collect|redeem)\s+(?:your|the|a)\s+(?:\w+\s+)?(?:prize|reward|refund|winnings|cash|million
        |gift\s?card)\b
        | \byou(?:['’]ve|\s+have)?\s+(?:just\s+)?won\b | \bcongratulations\b[^.]{0,30}\bw[io]nn?(?:er)?\b
        | \bvote\s+(?:for|against|yes|no)\b | \b(?:sportwetten|online\s+casino
        |casino\s+bonus)\b""",
    "phone": r"""
        \+\d{1,3}[\s().-]{0,2}\d(?:[\s().-]{0,2}\d){7,} | (?<![\w-])\(?0[89]00\)?(?:[\s-]?\d){6,}(?!\w|-\w)
        | \b(?:tel(?:efon)?|call|ring|dial|phone|text|sms|whats\s?app|telegram|hotline|anruf\w*|anzurufen|appele[zr]
        |llam[ae])\b[\s:.]*
          (?:(?:us|me|now|at|on|to|under|him|her|unter|au|al)[\s:]+){0,2}\+?\(?\d(?:[\s().-]?\d){6,}""",
    "phishing": r"""
        \b(?:accounts?|payments?|cards?|password|orders?|parcels?|deliver(?:y|ies)|packages?|subscription|konto|paket
        |zahlung)\s+
          (?:(?:(?:is|was|has\s+been|will\s+be|wurde|ist)\s+)?(?:suspended|blocked|locked|declined|overdue|expired
          |compromised|hacked
          |on\s+hold|under\s+investigation|failed|terminated|gesperrt|abgelehnt)|(?:could|can)\s?not\s+be\s+\w+)\b
        | \b(?:verify|confirm|update|reset|validate|unlock|restore|bestätige\w*|confirme[rz]?|verifi(?:ca|que))\s+
          (?:your|the|ihre?|deine?|votre|tus?|su)\s+(?:\w+\s+)?(?:accounts?|passwords?|cards?|banks?|payments?
          |identity|details|data|pin
          |konto|passwort|karte|compte|carte|cuenta|tarjeta|login|billing)\b
        | \bconto\s+(?:è\s+)?(?:sospeso|bloccato) | \bcompte\s+(?:est\s+|a\s+été\s+)?(?:suspendu|bloqué)
        | \bcuenta\s+(?:ha\s+sido\s+|está\s+)?(?:suspendida|bloqueada)
        | \binvoice\b[^.]{0,20}\b(?:overdue|unpaid|attached) | \b(?:final|last|urgent)\s+(?:notice|warning
        |reminder)\s*[:!-]
        | \burgent\s*[:!] | \baction\s+required\b | \bunusual\s+(?:sign-?in|activity)\b | \bsecurity\s+alert\s*[:!]
        | \b(?:temp(?:orary)?|your)\s+password\b | \bpassword\s*(?:is|:|=) | \bpin\b\s*(?:is|:
        |=)\s*\d | \balarm\s+code\b
        | \b(?:api|secret|access)[\s_-]?key\b | \bsk-[a-z0-9-]{6,} | (?:^|[.;|–—-])\s*(?:re|fwd?|aw|wg)\s*:\s""",
    "spam": r"""
        !{2,} | \b100\s?%\s+free\b | \b(?:click|tap)\s+(?:now|here|this|below
        |(?:on\s+)?(?:the|our|my)\s+(?:link|button|picture|image|logo|offer|banner)|on\s+(?:this|here|it))\b | \b(?:act
        |buy|order|call)\s+now\b
        | \bfree\s*!|\bfree\s+(?:money|cash|iphone|for\s+(?:all|everyone|life))\b | \bonly\s+\d+\s+(?:are\s+)?left\b
        | \bends?\s+(?:tonight|at\s+midnight|in\s+\d+\s+(?:hours?|minutes?))\b | \bprices?\s+(?:doubles?|goes?\s+up
        |rises?)\b
        | \blimited\s+time\s+(?:only|offer) | \bhurry\b | \blast\s+(?:one|\d+)\s+left\b | \b\d+\s+left\b(?!\s*[-\w])
        | \bbe\s+quick\b | \bselling\s+fast\b | \balmost\s+gone\b | \bwhile\s+(?:stocks?|supplies)\s+lasts?\b
        | \b\d+\s?(?:%\s*|(?:percent|prozent)\s+)(?:off|discount|rabatt|nachlass|de\s+r[eé]duction|de\s+remise
        |(?:de\s+)?descuento|sconto|reduction)\b
        | (?<![\w-])[-–]\s?\d{2}\s?% | [\U0001f300-\U0001faff]{3,} | (?-i:\b(?:better|cheaper|safer)\s+than\s+[A-Z])
        | \b(?:use|with|mit|avec|con)\s+(?:the\s+|dem\s+|le\s+|el\s+)?(?:code|coupon|voucher
        |gutschein\w*|código|cupón)\b
        | \b(?:promo|discount|coupon|voucher|rabatt|gutschein)[\s-]?codes?\b | \bcode\s*[:\s]\s*(?-i:[A-Z]{2,}-?\d)
        | \bfree\s+(?:shipping|delivery|returns)\b
        | \bgratisversand\b | \blivraison\s+(?:gratuite|offerte) | \benvío\s+gratis | \b(?:lifetime
        |lebenslang\w*)\s+(?:shipping|discounts?|delivery)\b
        | \b(?:everything|all\s+(?:orders|products|items))\s+(?:this\s+\w+\s+)?(?:is|are)\s+(?:now\s+)?(?:free
        |discontinued|recalled|half)\b
        | \b(?:now|only|just|was|nur|statt|seulement|solo)\s+(?:[£$€]\s?\d|\d[\d.,]*\s?(?:€|£|eur\b|gbp\b|usd\b))
        | [£$€]\s?\d[\d.,]*\s+(?:off|instead|only|today)\b | \b(?:instead\s+of|statt|au\s+lieu\s+de
        |en\s+lugar\s+de)\s+[£$€]?\s?\d
        | (?<=\S\s)half\s+price\b | \bbuy\s+one\s+get\b | \bbogo\b | \b2\s+for\s+1\b | %[sdn](?:%[sdn])+
        | \bweight\s+loss\s*: | \b\d+\s?kg\s+in\s+\d+\s+days\b
        | \bas\s+seen\s+on\b | \bvoted\s+(?:no\.?|number|best|\#)\s?\d? | \bworld['’]s\s+(?:no\.?\s?1|best
        |greatest)\b""",
    "abuse": r"""
        \b(?:fuck|motherfuck)\w* | \bcunts?\b | \bnigg(?:er|a)s?\b | \bfaggots?\b | \bhurens(?:ohn|öhne)\b
        | \bfotzen?\b | \bwichser\b
        | \barschl[oö]ch\w* | \bencul[ée]\w* | \bconnards?\b | \bsalopes?\b | \bgilipollas\b | \bcabrón\b
        | \bmierda\b | \bbullshit\b |
        \bsieg\s+heil\b | \bheil\s+hitler\b | \bwhite\s+(?:power|supremacy|genocide)\b | \bgas\s+the\b
        | \bkill\s+(?:yourself|every(?:one|body)|(?:all|every)\s+(?:of\s+)?(?:the|them|you|men|women|people)\b)
        | \bkys\b | \b1488\b | \bdeath\s+to\b | \bgo\s+(?:and\s+)?die\b | \bhang\s+yourself\b
        | \b(?:jews|muslims|blacks|gays|women|immigrants|foreigners|gypsies|christians|refugees)\s+(?:control
        |deserve|ruin|out\b(?=\W*$)|(?:are|should|must)\s+(?:not|never|all|the\s+(?:problem|enemy)|evil|dirty|stupid
        |inferior|vermin|thieves|criminals|(?:be\s+)?(?:banned|deported|expelled|shot|killed|hanged)|go|leave|die|burn)\b)
        | \b(?:subhuman|untermensch\w*|great\s+replacement|holocaust\s+(?:is|was|never)|ethnic\s+cleansing|race\s+war)\b
        | \bis\s+(?:a\s+)?(?:scam|thief|fraud|liar|stupid|worthless|fat|ugly|criminal)\b | \breaders?\s+(?:is|are
        |smells?|stinks?)\b
        | \b(?:you|we)\s+(?:are|is)\s+(?:all\s+)?(?:poor|fat|ugly|stupid|worthless|losers?|bankrupt|thieves)\b""",
    "health claim": rf"""
        \b(?:cur(?:es?|ed|ing)|heals?|heilt|treats?|reverses?|prevents?|eliminates?|relieves?|gegen|guérit|soigne
        |cura|fights?|beats?)\s+
          (?:(?:your|the|all|any|every|both|chronic|type\s+\d|severe|stage\s+\d|la|le|el|les)\s+){{0,2}}{_ILLS}\b
        | \b{_ILLS}\s+(?:cure|remedy)\b | \bmiracle\s+(?:cure|drug|remedy)\b | \bfda[\s-]approved\b
        | \bclinically\s+proven\b
        | \b(?:better|stronger|safer)\s+than\s+(?:insulin|chemo\w*|medicine|drugs|antidepressants|vaccines?
        |any\s+doctor)\b
        | \bdoctors?\s+(?:hate|are\s+amazed|recommend|agree)\b | \bno\s+need\s+for\s+(?:a\s+)?(?:doctors?|insulin
        |medicine|vaccines?)\b
        | \b(?:safe|fit)\s+(?:for\s+(?:infants?|babies|toddlers|children)\s+)?(?:to\s+(?:swallow|eat|drink|inhale))\b
        | \bsafe\s+for\s+(?:infants|babies|newborns)\b | \bfireproof\b[^.]{{0,20}}\bcert
        | \bnasa\b[^.]{{0,12}}\bapproved|\bapproved\s+by\s+nasa""",
    "encoded": rf"""
        (?-i:(?<![\w/+])(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*\d)[A-Za-z0-9+/]{{28,}}={{0,2}}(?![\w/+]))
        | (?-i:(?<!\w)[A-Za-z0-9+/]{{12,}}={{1,2}}(?!\w))
        | (?<!\w)(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{{20,}}(?!\w)
        | (?<!\w)(?=[\d\s:,]*(?:[a-f]|{_NO_SIZES}))(?:[0-9a-f]{{2}}[\s:,]){{7,}}[0-9a-f]{{2}}(?!\w)
        | (?-i:(?<!\w)(?=[A-Z2-7]*[2-7])(?=[A-Z2-7]*[A-Z])[A-Z2-7]{{24,}}=*(?!\w))
        | (?<!\S)(?:[.·-]{{1,6}}[\s/]+){{5,}} | (?<!\w)(?:[01]{{8}}\s?){{3,}} | (?<!\w)(?=[\d\s,]*{_NO_SIZES})
          (?:(?:3[2-9]|[4-9]\d|1[01]\d
        |12[0-6])[\s,]+){{7,}}\d{{2,3}}(?!\w)
        | (?<!\w)(?P<one>[^\W\d_])[\s._-](?!(?P=one)\b)(?:[^\W\d_][\s._-]){{5,}}[^\W\d_](?!\w) | [\u2800-\u28ff]{{3,}}
        | (?:[\U0001f1e6-\U0001f1ff]\s?){{5,}}
        | [\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189]{{3,}} | (?:[\u24b6-\u24e9]\s?){{3,}}
        | [\U0001d400-\U0001d7ff]{{2,}} | [\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]""",
}  # fmt: skip
"""Kind -> verbose pattern, case ignored. A plain space is none in it."""
_SIGNS = re.compile(
    r"""[][{}<>|%*$£€\#\\!=~«_@\u0370-\u052f\u0600-\u06ff\u202a-\u202e\u2066-\u2069\u2800-\u28ff\u3000-\ud7ff\u24b6-\u24e9]
    | [\U0001d400-\U0001d7ff\U0001f100-\U0001f1ff\U0001f300-\U0001faff\U000e0000-\U000e007f] | ["']\s*[,:;]|\s--|'--
        | :\s?/ | /etc | &\#?\w+; | -{4} | \(dot
        | \d(?:[\s().-]?\d){6}
    | (?-i:\d[A-Za-z]\w{14}|\w{15}\d|[A-Za-z0-9+/]{24}) | \b(?:re|fwd?|aw|wg)\s*: | (?:\d{2,3}[\s,]+){7}
        | (?:\w[\s._-]){6}
    | (?:\w\w[\s:,]){7} | \.(?:example|onion|xyz|ru|tk|ly)\b | (?<!\S)[.·-]{1,6}[\s/]+[.·-] | [\w-]\.[a-z]{2,4}/
        | \bt\.me | \bwww
    | \b(?:system|assistant|user|human|developer|admin\w*|root|sudo)\s*[:>] | \bwindow\. | \bp\.?\s?s\.?\s
        | (?:api|secret|access)[\s_-]?key\b | \bbit\.ly | [(\[]at[)\]] | \bdot\s | \b(?:data|tel): | content-type
        | brand\s+voice | \bbase-?64 | system\s+\w+\s*: | syst[eè]me\s*[:\]] | head\s+office | \bper\s+(?:the\s+)?legal
        | \bbc1 | \b(?:system|require|import)\( | \bx-\w+\s*: | role-?play | '\s*;?\s*-- | \+\d
        | 0[89]00 | \b2\s+for\s+1\b | race\s+war | great\s+repl | system\s+(?:noti|command)
        | \b(?:update|reset)\s+(?:your|the|ihre?|deine?|votre|tus?|su)\b
    | white\s+power | 1488 | (?<![\w-])[-–]\s?\d{2}\s?% | /{3} | [★⭐] | \bmi5 | \w\(['"]""",
    re.IGNORECASE | re.VERBOSE,
)
_BEGINNINGS = frozenset(
    """
    copyw writ assis llm chatb robo chatgp claud gemi subje preh email newsl greet salut footer pitch append repea
    quote ignor disreg forget overr bypas recip kindl decod morse caesa acrost prete behalf appro prior preced jailb
    unres promp verges missac oubli olvid dimen esque negee vergee schrei setze füge nenne erwäh beend ergän verra
    wieder écri ajout mette termin mentio répon répèt escri añad inclu ponga wpisz napis dodaj zignor zapomn pomiń
    anwei consi systema systemh systemm systemn systemp systemv sistem antwor consig bitco crypto skyro guaran inher
    lotter doubl tripl winni reward refun congra suspen blocke locked declin overdu compro hacked invest gesper abgele
    verif confir valid unlock restor bestät unusua passwo discou coupon vouche rabat gutsch código cupón gratis livrai
    envío lebens lifeti discon recall supre genoc murder subhu unter better cheape safer holoc ethni worthl ugly
    crimin arthri arthro cancer krebs cánce tumor tumou diabet diabè covid depres anxie autis asthma asthme alzhei
    dement eczem psoria migra migrä insomn schlaf infect epilep stroke hypert infert impoten obesit reflux rheuma
    allerg diseas illnes clinic insulin chemo medici antide vaccin doctor miracl swallo infant newborn fireproo vbscr
    javas mailto docume onerro onload onclic onmous onfocu onblur ontogg onpoin görme yoksa thieve bankru blesse
    endors chosen bests bankr insolv poison police hidden secret algor ignore fuck motherfu nigge faggot hurens fotze
    wichs arschl encul connar salop gilip cabró mierd bullsh reques instea seulem weight instru advert descri recomm
    backwa maint compli custom deserve tinyur vergis previo earlie output respon mencio nachla reduct réduct remise
    descue sconto ethere repite respue attack kimode kitext kiassi giftca promo
    """.split()
)
"""Beginnings of words, of three letters and more, that some pattern cannot do without."""
_WORDS = frozenset(
    """
    ai a.i bot bots gpt dan mail e-mail mails cta says sign signs signed signoff skip say tell tells add adds insert
    inserts include includes use uses put puts place hide end ends begin begins close closes start starts open opens
    finish finishes reply replies answer answers respond responds must should shall ought have has had will call sell
    praise present don do dont pls please rot ascii hex spell act you now let lets debug god developer editor editors
    author authors model models notice notification command note mode get get_offer iban cvv cvv2 btc eth usdt coin
    coins wallet account deposit paypal western receive rich passive payday prize cash million gift won winner vote
    elect casino sportwetten final last urgent action required alert pin alarm sk api secret free click tap buy order
    only midnight tonight minutes hours price prices limited hurry supplies stocks stock code seen voted world sieg
    heil gas kill kys death die hang jews jew muslim muslims blacks gays women immigrants foreigners gypsies
    christians refugees scam thief fraud liar stupid fat smells stinks poor hiv aids flu adhd pain everything all fda
    eval fetch drop delete truncate union or jndi display visibility opacity position background font url ki ia goto
    bitly tinyurl ftp hxxp http https reader readers finance marketing management ceo compliance print prints loved
    worn trusted hated award product five star reviews official discord closing going gone out kills hurts burns
    blinds we where watching reported fbi mi5 cia dear task ref left be selling almost rm curl whoami cunt cunts nigga
    niggas exec import require off half bogo bcc cc statt solo days subject shares conto compte cuenta konto failed
    expired hold investigation could cannot can invoice tr investment objet asunto betreff betreffzeile drugs moon
    replys mets mettez pon ponga hxxps rule rules above seller burn hurt blind ais glem glöm lieu lugar eur gbp usd
    eat drink inhale babies
    """.split()
)
_SIZES = tuple(sorted(set(map(len, _BEGINNINGS))))
_WORD = re.compile(r"[^\W\d_]+")
_ANY = re.compile("|".join(f"(?:{pattern})" for pattern in _KINDS.values()), re.IGNORECASE | re.VERBOSE)
_EACH = {kind: re.compile(pattern, re.IGNORECASE | re.VERBOSE) for kind, pattern in _KINDS.items()}
_STYLED = re.compile("[\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff\u2100-\u214f\u24b6-\u24e9\u1d00-\u1d7f]")
"""Letters that are read as Latin ones and are none: full width, script and bold from mathematics, circled, small."""


_LEET = re.compile(r"(?<![\w-])(?=\w*[a-z])(?:\w*[a-z][013457]+[a-z]\w*|[134][a-z]{2,}\w*)(?![\w-])")
_LEAST_LEET = 2
_DIGITS = str.maketrans("013457", "oieast")


class Intrusion(NamedTuple):
    """Where something begins that no shop writes, and what kind it is."""

    start: int
    kind: str


@lru_cache(maxsize=8192)
def intrusion_in(text: str, without: frozenset[str] = frozenset()) -> Intrusion | None:
    """The first in a text, None where there is none. `without`: kinds that may stand there."""
    if not _may_hold_one(text) or _ANY.search(text) is None:
        return None
    wanted = ((kind, pattern) for kind, pattern in _EACH.items() if kind not in without)
    starts = [Intrusion(found.start(), kind) for kind, pattern in wanted if (found := pattern.search(text))]
    return min(starts, default=None)


def read_plainly(text: str) -> str:
    """The text in plain letters where some are styled (`ＷＲＩＴＥ`, `𝓦𝓻𝓲𝓽𝓮`), else as it is."""
    return unicodedata.normalize("NFKC", text) if _STYLED.search(text) else text


def unspelt(text: str) -> str:
    """The text with digits that stand for letters (`1gn0r3 4ll`) read as those, place by place; else as it is."""
    return text.translate(_DIGITS) if len(_LEET.findall(text)) >= _LEAST_LEET else text


def _may_hold_one(text: str) -> bool:
    """Quick, and True for all that the patterns find (a test holds it)."""
    words = _WORD.findall(text.casefold())
    begun = any(word[:size] in _BEGINNINGS for word in words for size in _SIZES)
    return begun or not _WORDS.isdisjoint(words) or _SIGNS.search(text) is not None
