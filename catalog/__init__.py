"""Products: in from feeds, found by words and meaning, picked for one person. Where to look:

products in      `feeds/` and schedules · `products` the table · `untrusted`, `markup`, `garbled` strangers'
meaning          `encoders/`, `embedding`, `verticals` text to vectors · `vectors` their table
one state        `view` what all requests share: `columns`, `corpus`, `postings`, `packed`, `raw`
  kept up        `keeper` follows the database: `changes` → `advance`, `edits`, `builder` → `index` on disk
nearest          `neighbours` within limits: exact among few, `ann` among many
search           `search`: `lexical` (BM25), `analysis`, `spelling`, `query_vectors`
briefs in words  `brief_text`: `brief_tokens`, `brief_words`, `brief_numbers`, `brief_prices`, `vocabulary`, `mentions`
picks            `picks`, in order: `limits` and `gates` (who may be shown) → `candidates` (why) → `scoring` (how much)
                 → `merchandising_rules`, `complements`, `pins` → `arrange`, `sameness` (the set) → `exploring`
                 → `reasons`
  learned        `learning/` ranks by the shop's own history · `signals` what baskets teach · `history` one's past
  told           `trace`, `explain`
merchandising    `merchandising` the document · `merchandising_store`, `costs`
"""
