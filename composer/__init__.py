"""From a brief and a customer to a finished, recorded e-mail, for one or for everyone. Where to look:

one e-mail     `service` the door · `steps` read, write · `made`, `storing` keep · `batch` for many · `contract`
documents      `documents` brand, offer, brief, campaign · `campaigns` their versions · `briefs` their words
when           `best_time` to send it
may we         `permission` consent, holdout, caps · `strangers` · `policies`
what varies    `bandit/` arms, draws and their log · `styles` of subject and button · `chance` draws
picks          `picking`, `taste`, `placing` what is asked of the catalog · `explaining` why these
closed world   `closed_world`, `plan` facts to a snapshot · `basket_fact`, `formats`, `names`, `untrusted`
writing        `writing` the seam · `writers`, `model_writer` who offers · `asking`, `block_style`, `json_style` how
               they are asked · `notes`, `sayings`, `grounding`, `cleaning` what they are told, and what is kept of it
models         `model_client` the one door · `litellm_transport`, `local_model`, `local_server` behind it · `throttle`,
               `pace`, `retry_after`, `breaker` how fast, whether at all · `model_settings`, `model_errors`, `prices`
judging        `ladder` from the model's text down to a template · `panel`, `model_judge` · `licences`
rendering      `render`, `stencil`, `templates`, `template_values`, `colors` · `message` MIME · `links` · `finish`
kept           `record`, `replay` · `emails`, `stored`, `tables` · `revisions`
what it came to `responses` what e-mails were like, for memory to learn from
when it leaves `freshness` looked at again · `shown`, `refreshing` what changed, made anew without a model
time and order `deadline`, `timing`, `flights` · `courtesy` runs give way to pulls · `telemetry`, `gauges`
for everyone   `runs/` campaign runs · `handoff/` to whoever sends them
"""
