"""The page for the customer behind the link in each e-mail: "What we remember about you". No account, cookie or script.

texts     every word of it       rendering  templates with strict headers
visiting  whose page it is, and what is done there (`api.routes.own_page` is its routes)
"""
