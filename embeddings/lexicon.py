"""TBD."""

from __future__ import annotations

# Verbs that name a speaker after a quotation: “Stop!” Tom cried. The splitter joins these to the quotation.
ATTRIBUTION_VERBS = """
    say says said ask asks asked cries cried replies replied answers answered shouts shouted whispers whispered
    """.split()

# After a quotation these more often begin a sentence of their own: “Stop!” He cried.
SENTENCE_PRONOUNS = ("He", "She", "It", "They", "We", "You", "I")

# Abbreviations that never end a sentence.
LINKING_ABBREVIATIONS = "cf viz vs e.g i.e Mr Mrs Ms Dr Prof Gen Capt Col Lt Sgt Rev Sen Gov".split()

# Abbreviations that don't end a sentence before a number or a word in lower case.
COUNTING_ABBREVIATIONS = """
    p c vol Vol vols Vols no No nos Nos pp Pp ch Ch chap Chap fig Fig figs Figs sec Sec bk Bk pt Pt pts Pts
    ep Ep eps Eps op Op ca Ca approx Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec
    """.split()

# Function words. They carry no topic, and a short review has too few texts for their weight to vanish.
STOP_WORDS = frozenset(
    """
    a about after all also am an and any are as at be been before being but by can could did do does
    doing for from had has have having he her hers him his how i if in into is it it's its just me
    my no nor not of off on or our out over own s she should so some such t than that the their them
    then there these they this those to too under up us very was we were what when where which while
    who whom why will with would you your
    """.split()
)


# Short forms written without their apostrophe: meant as they stand.
SHORT_FORMS = frozenset(
    "arent cant couldnt didnt doesnt dont hadnt hasnt havent hows isnt itll ive shes shouldnt thats theres theyre "
    "theyve wasnt werent whats whens wheres whos whys wont wouldnt youre youve".split()
)


GROUPS: tuple[tuple[str, str], ...] = (
    # what asks for the fact (a pattern over the folded question), and the words that tell it
    (
        r"run(ning)? ?time|how long (is|was) (it|this|the (film|movie|picture))\b|how many minutes",
        "minute hour runtime",
    ),
    (
        r"budget|box office|gross(ed)?\b|how much (money )?did (it|the (film|movie)) (make|cost|earn|take)",
        "budget gross million",
    ),
    (r"certificate|\brated\b|\bpg\b|\bbbfc\b|\bmpaa\b|age rating", "certificate rated bbfc mpaa"),
    (r"rotten tomatoes|\bimdb\b|metacritic|letterboxd", "tomatoes imdb metacritic letterboxd"),
    (
        r"netflix|streaming|\bstream\b|\bhulu\b|\bdisney\b|amazon prime|\bdvd\b|blu.?ray|to rent\b",
        "netflix stream hulu disney dvd ray rent",
    ),
    (r"\boscars?\b|\bbaftas?\b|golden globes?|academy awards?|\bawards?\b", "oscar bafta globe award academy"),
    (
        r"cinematograph|director of photography|\bdop\b|who shot",
        "cinematographer cinematography photography camerawork",
    ),
    (r"screenplay|screenwriter|\bscript|scriptwriter", "screenplay screenwriter script scriptwriter"),
    (r"\bedit(ed|or)\b", "edit editor"),
    (r"\bproduce(d|r|rs)\b|\bstudio\b|distribut(ed|or)", "produced studio distributed distributor"),
    (r"\bcostumes?\b", "costume"),
    (
        r"\b(filmed|shot) (in|at|on)\b|where (was|were|did) .*\b(filmed|film|shot|shoot)\b|locations?\b",
        "location shoot shot",
    ),
    (r"sequels?|prequels?|remakes?|spin.?offs?", "sequel prequel remake spin"),
    (r"how (old|tall) (is|was|are|were)|taller|net worth|\bmarried\b", "age height tall worth married"),
    (r"release date|premiere[ds]?\b", "release premiere"),
)


# Parts that any film has, which reviews tell of in other words as well; and words for nobody in particular.
PARTS = frozenset(
    """
    acting actor actress adaptation atmosphere bit book camera cast character dialogue director effect ending film hero
    heroine humour idea lead message mood movie music narrator novel one opening pace pacing performance photography
    picture play premise protagonist relationship role romance scene score script set setting shot soundtrack story
    style subplot tension theme thing title tone villain visuals world
    anybody anyone anything everybody everyone everything nobody none nothing somebody someone something
    """.split()
)


# Said in any question about a work; they tell nothing of what is asked.
FILLING = frozenset(
    """
    actually anyone bit book critic does essay ever film flick generally give hey honestly i'm kind know let like
    make me movie much novel one overall ok okay people picture please pls quick quickly really review
    reviewer say says short so tell thing think thinks us want well whats what's wonder work writer
    """.split()
)


VERDICT = frozenset(
    """
    any bad best better decent enjoy enjoyable enjoyed fan fine good great hated hate liked like love loved
    opinion opinions rate recommend recommended recommends skip see thought thoughts time verdict watch watching
    worth worthwhile view
    """.split()
)


GIST = frozenset("about concern gist outline plot premise story subject summarise summarize summary synopsis".split())


# What stands for something said before.
POINTING = frozenset(
    """
    he her hers herself him himself his it it's its itself one ones she that that's thats their theirs them themselves
    then there these they they're this those
    """.split()
)


OPENING = frozenset("also and but or so".split())
