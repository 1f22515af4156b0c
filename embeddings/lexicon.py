"""Every hand-written word list of the engine, by what it decides.

Except for those of splitting, words are written as `embeddings.documents.analyzer.fold` leaves them: in lower case,
without accents, with straight apostrophes. The evaluation's README says what the lists are worth.
"""

from __future__ import annotations

import re

# Files

GENERIC_FILE_NAMES = frozenset("default index readme untitled".split())
"""Names of files that are no titles of reviews, as slugs."""

NAMELESS_WORDS = frozenset(
    "blog book copy doc document draft entry essay export file film final movie my new note notes page post review "
    "reviews scan text thoughts untitled v".split()
)
"""Words of file names that don't name what is reviewed."""

NO_REVIEW_NAMES = frozenset(
    "404 about about-me changelog code-of-conduct contributing copying licence license privacy-policy readme robots "
    "sitemap".split()
)
"""Names of files that are never reviews, as slugs."""

TEMPLATE_FOLDERS = frozenset(
    "_data _includes _layouts _sass _site _templates archetypes includes layouts node_modules template templates "
    "themes".split()
)
"""Names of folders that hold the parts of a site or a vault, and no reviews, in lower case."""

DRAFT_FOLDERS = frozenset("_drafts deleted drafts trash".split())
"""Names of folders that hold unfinished or deleted reviews, in lower case."""

# Headers

FIELD_NAMES: dict[str, str] = {
    alias: name
    for name, aliases in {
        "title": "headline name post_title titel titre título titolo tytuł název titul cím название заголовок "
        "タイトル 标题 標題",
        "work": "album album_title book book_title buch buchtitel filmtitel libro livre película film "
        "film_title game item item_reviewed movie movie_title play show "
        "subject work_title",
        "year": "jahr année año anno film_year original_publication_year release_date release_year released "
        "year_published year_released",
        "author": "authors autor autore auteur by byline critic reviewed_by reviewer reviewer_name",
        "source": "canonical canonical_link canonical_url letterboxd_uri link original_url permalink url",
        "aliases": "a_k_a aka alias also_known_as nicknames",
        "date": "created created_at date_created date_finished date_published date_read date_watched finished "
        "last_date_read last_watched_date posted pub_date pubdate publish_date published_at published_on read_date "
        "review_date watched watched_date watched_on",
        "rating": "bewertung wertung sterne puntuación calificación valutazione voto beoordeling betyg ocena "
        "оценка grade my_rating our_rating rate rating_value review_rating score star_rating stars your_rating",
        "tags": "categories category keywords tag",
        "language": "lang locale",
    }.items()
    for alias in aliases.split()
}
"""The names that headers give a field, as `field_name` spells them, and the name that it has here."""

CREATOR_ROLES: dict[str, str] = {
    alias: role
    for role, aliases in {
        "director": "directed_by directors regie regisseur réalisateur dirección regia",
        "writer": "screenplay screenwriter screenwriters writers written_by",
        "artist": "artists band musician performer",
        "composer": "composers music_by score_by",
        "cast": "actor actors actress starring stars_in",
        "illustrator": "illustrated_by illustrators",
        "translator": "translated_by translators",
        "narrator": "narrated_by narrators",
        "creator": "created_by creators",
        "developer": "developers",
    }.items()
    for alias in (role, *aliases.split())
}
"""The names that headers give the roles of a work's creators, and the role's name here. Whose an `author` is depends on
the other fields."""

WORK_FIELDS = frozenset(
    "book_author isbn isbn13 number_of_pages original_publication_year pages publisher bookshelves".split()
)
"""Fields that only a header about a book has. Beside them `author` is the book's."""

GENRE_FIELDS = frozenset("genre genres".split())
"""Fields that say which tags a work has, besides `tags`."""

REVIEWER_FIELDS = frozenset("critic reviewed_by reviewer reviewer_name".split())
"""Fields that name who wrote the review even where `author` names who wrote the work."""

WORK_CONTAINERS = frozenset("album book film game item item_reviewed media movie play show song work".split())
"""Fields whose inner fields describe the work. Those of any other field describe the review."""

REVIEW_COLUMNS = (
    "review review_text text body content comment comments thoughts opinion notes kritik rezension besprechung "
    "critique avis reseña crítica opinión recensione resenha recenzja recenze kritika recension anmeldelse recensie "
    "отзыв рецензия 感想 评论"
).split()
"""What the column of a table is called that holds reviews, the surest first."""

PRIVATE_COLUMNS = frozenset(
    "private_notes book_id uid isbn_uid average_rating owned_copies owned exclusive_shelf "
    "bookshelves_with_positions author_l_f".split()
)
"""Columns of a table that are private, or say nothing about a review."""

FEED_FIELDS = {
    "letterboxd_filmtitle": "work",
    "letterboxd_filmyear": "year",
    "letterboxd_memberrating": "rating",
    "author_name": "author_of_work",
    "book_published": "year",
    "user_rating": "rating",
}
"""The fields of review sites in a feed, as feedparser calls them. An entry with one is a review, however short."""

FEED_EXCERPTS = re.compile(
    r"\[(?:…|\.{3})\]\W*$"
    r"|(?:^|[.…!?:)\]»”\"]\s*)"
    r"(?:(?:continue|keep) reading\b.{0,200}|read (?:more|on)|read the (?:rest|full|whole)\b.{0,200}"
    r"|weiterlesen|mehr lesen|lire la suite|leer más|seguir leyendo|lees (?:meer|verder))\W*$"
    r"|^watched on \w+day\b.{0,40}$",
    re.IGNORECASE,
)
"""How the last paragraph of an entry of a feed ends whose text goes on elsewhere, or that has no review."""

FEED_FOOTERS = re.compile(
    r"(?:the post|der beitrag|l[’']article|la entrada|het bericht|l[’']articolo|o post)\s.{1,400}\s"
    r"(?:(?:first )?appeared (?:first )?on|erschien zuerst auf|est apparu en premier sur"
    r"|(?:se publicó|apareció) primero en|verscheen eerst op|proviene da|apareceu primeiro em)\s.{1,200}",
    re.IGNORECASE,
)
"""The paragraph that blogs add below an entry of a feed, for those who copy it."""

HEADER_FIELDS = frozenset(
    {*FIELD_NAMES, *FIELD_NAMES.values(), *CREATOR_ROLES}
    | set("date description draft excerpt image isbn layout modified slug spoilers status subtitle summary".split())
) - {"name", "by", "link", "show", "play", "item", "subject", "cast"}
"""Fields that a header without a fence may begin with."""

# Text

FACT_LINES = re.compile(
    r"(?:(?:my|our|overall|final)\s+)?(?:rating|score|stars?|grade|verdict|director|directed by|starring|cast|year|"
    r"released?|publisher|published|pages|runtime|running time|genre|isbn|artist|label|format)\s*[:=–—]",
    re.IGNORECASE,
)
"""How a line begins that gives a fact. In bold or in capitals it is no heading."""

LINE_FIELDS = (
    HEADER_FIELDS
    | set(
        "binding cinematography cinematographer country distributor edition editor episodes format genre genres "
        "isbn13 isbn10 "
        "label length music original_title page_count pages platform platforms price publication_date published "
        "publisher "
        "release_date release_year released run_time running_time runtime seasons series starring studio tracks "
        "editors "
        "producer producers produced_by production regie regisseur darsteller jahr verlag seiten laufzeit genre "
        "réalisateur éditeur année dirección año páginas regia anno".split()
    )
) - set("description draft excerpt layout modified slug spoilers status subtitle summary image".split())
"""Fields that a line of a review's text may give as a fact: "Director: Lena Brandt"."""

RATING_LABELS = re.compile(
    r"(?:(?:my|our|overall|final|total|the|star|personal|user|reviewer'?s?)\s+){0,2}"
    r"(?:rating|ratings|score|grade|stars?|verdict|mark|marks|overall|total|bewertung|wertung|gesamtwertung|note|fazit"
    r"|puntuación|calificación|valoración|nota|voto|valutazione|beoordeling|cijfer|betyg|ocena|hodnocení|értékelés"
    r"|оценка|рейтинг|評価|评分|평점)",
    re.IGNORECASE,
)
"""What a line calls the rating that it gives."""

MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?"
    "|dec(?:ember)?|januar|februar|märz|mai|juni|juli|oktober|dezember|janvier|février|mars|avril|juin|juillet"
    "|août|septembre"
    "|octobre|novembre|décembre|enero|febrero|marzo|mayo|junio|julio|septiembre|octubre|noviembre|diciembre"
)
"""The names of months in dates of bylines."""

SITE_LINKS = re.compile(
    r"home(?:page)?|archives?|about(?: me| us)?|blog|contact(?: me| us)?|index|search|menu|sitemap"
    r"|rss(?: feed)?|feed|films?|movies|books"
    r"|weiterlesen|startseite|nach oben|zurück\b.{0,40}|lire la suite|accueil|retour\b.{0,40}|leer más"
    r"|seguir leyendo|inicio|volver\b.{0,40}"
    r"|reviews|all (?:reviews|posts|films|books)|next(?: (?:post|page|review|article|entry))?"
    r"|prev(?:ious)?(?: (?:post|page|review|article|entry))?"
    r"|(?:newer|older) (?:posts?|entries|entry|reviews?)|(?:go )?back(?: (?:to|up)\b.{0,40})?"
    r"|(?:to )?(?:the )?top(?: of page)?|permalink|permanent link|link"
    r"|(?:continue|keep) reading\b.{0,60}|read (?:more|on|the rest\b.{0,60}|the full\b.{0,60})|more(?: …"
    r"|\.\.\.)?|click here(?: to\b.{0,40})?"
    r"|share(?: (?:this|on|to|via|with)\b.{0,40})?|tweet(?: this)?|pin(?: it| this)?|e-?mail(?: this)?"
    r"|print(?: this)?|like(?: this)?|loading\.*|reply"
    r"|facebook|twitter|reddit|pinterest|whatsapp|telegram|linkedin|tumblr|mastodon|bluesky|instagram"
    r"|letterboxd|goodreads"
    r"|(?:leave a |add a |post a |no |one |\d+ )?(?:comments?|responses?|replies)|(?:\d[\d,]* )?(?:likes?"
    r"|notes?|views|shares|claps)|edit(?: this page)?"
    r"|subscribe(?:\b.{0,60})?|sign (?:up|in)\b.{0,60}|log ?in|(?:sign )?(?:my |the )?guestbook|follow(?: me"
    r"| us)?(?: on\b.{0,40})?|rate this"
    r"|skip to (?:main )?content|jump to\b.{0,40}|table of contents|advertisements?|sponsored",
    re.IGNORECASE,
)
"""The words of links that sites put around each page."""

SITE_LINES = re.compile(
    r"(?:categor(?:y|ies)|filed under|filed in|posted in|labels?|tags?|tagged(?: as| with| in)?|topics?"
    r"|keywords?)\s*:?\s+[^.!?]{1,200}"
    r"|(?:previous|next|newer|older)(?: (?:post|review|article|entry|page))?\s*:\s*.{1,120}"
    r"|(?:this (?:post|review|article|entry|text|piece) )?(?:was )?(?:first |originally )(?:published|posted"
    r"|appeared|written|printed)\b.{0,200}"
    r"|this (?:entry|post|article|review) was (?:posted|published|filed|tagged)\b.{0,300}|you can (?:follow"
    r"|leave|skip)\b.{0,200}"
    r"|(?:both comments|responses) (?:and pings )?are (?:currently )?closed.{0,100}|exported from\b.{0,100}"
    r"|canonical link|view (?:original|the original)\b.{0,60}"
    r"|(?:proudly )?powered by\b.{0,100}|(?:page )?last (?:updated|modified|edited|changed)\b.{0,80}"
    r"|(?:you are )?visitor (?:number )?[\d,.]+.{0,60}"
    r"|(?:share this|like this|related|spread the word|if you (?:liked|enjoyed) this\b.{0,100})\s*:?"
    r"|(?:image|photo|picture|video|audio) (?:not available|unavailable|removed)",
    re.IGNORECASE,
)
"""Lines of nothing but what a site says of each page."""

END_HEADINGS = re.compile(
    r"related(?: (?:posts?|articles?|reviews?|reading|content|links))?|(?:recent|popular|latest|more"
    r"|other) (?:posts?|articles?|reviews|from\b.{0,60})"
    r"|you (?:may|might) (?:also )?(?:like|enjoy)\b.{0,40}|more like this|(?:share|like) this\b.{0,40}"
    r"|leave a (?:reply|comment)|post a comment|add a comment"
    r"|(?:\d+|no|one|two|three) (?:comments?|responses?|replies|thoughts?)\b.{0,100}|comments? \(\d+\)"
    r"|about the (?:author|reviewer|blogger)|newsletter"
    r"|subscribe\b.{0,60}|join the (?:conversation|discussion)|(?:post )?navigation|tags|categories|archives?"
    r"|blogroll|(?:search|follow) (?:this )?(?:blog|site|me)\b.{0,30}"
    r"|share|table of contents|contents",
    re.IGNORECASE,
)
"""Headings of what a site puts below each page."""

PICTURE_CREDITS = re.compile(
    r"[(\[]?(?:(?:cover |header |featured |banner )?"
    r"(?:photos?|photographs?|pictures?|images?|stills?|artwork|illustrations?)(?: credits?)?"
    r"(?: ?[:©|]| (?:by|from|via|courtesy|credits?|copyright|source|supplied)\b)|©)[^.!?]{1,120}[)\]]?",
    re.IGNORECASE,
)
"""A paragraph of nothing but whose the picture above it is."""

LICENCE_LINES = re.compile(
    r"(?:©|\(c\)\s|copyright\b|all rights reserved|licen[sc]ed under"
    r"|(?:this|the) (?:work|text|review|post|article|page) is licen[sc]ed"
    r"|this (?:work|text) is (?:in the public domain|shared under)|creative commons\b)",
    re.IGNORECASE,
)
"""How a paragraph of a licence begins. At either end of a file it is no part of the review."""

SPOILER_NAMES = re.compile(
    r"spoilers?(?:[-_]?(?:alert|warning|text|block|box|tag|content))?|hidden[-_]?spoilers?", re.IGNORECASE
)
"""What shortcodes, callouts and components that hide spoilers are called."""

SPOILER_CLASSES = re.compile(
    r"spoiler|spoiled|^(?:is-|text-)?(?:blur|blurred|redacted|censored|blackout|invisible)(?:-text)?$"
    r"|^(?:hide|hidden|invisible)-?text$|^kg-toggle-card|^wp-block-details|^sp-(?:body|wrap)",
    re.IGNORECASE,
)
"""What elements of pages that hide spoilers have as a class."""

SPOILER_FREE = re.compile(
    r"spoiler[\s_-]?(?:free|less)|spoilers? (?:end|over)|^(?:tag|category)-"
    r"|\b(?:no|non|without|zero|avoid\w*|end(?: of)?)(?:[\s_-](?:any|the|big|major))?[\s_-]?spoilers?",
    re.IGNORECASE,
)
"""What classes and labels say of text that is none, or of all pages of one kind."""

SPOILER_LABELS = re.compile(
    r"(?:^|[-_])(?:title|head(?:er|ing)?|show|button|btn|trigger|label|summary|icon|warning)(?:$|[-_])", re.IGNORECASE
)
"""What the part of such an element has as a class that is shown instead of its text."""

COLLAPSED_BLOCKS = frozenset("details expand collapse collapsible fold folding hidetoggle hideblock hideinline".split())
"""Shortcodes whose content is hidden until somebody asks for it."""

PAGE_FURNITURE = re.compile(
    r"^(?:wp-|image-|img-|figure-|fig-|photo-|picture-)?caption(?:-text)?$|^(?:image|photo|picture)-?credits?$"
    r"|^(?:links-)?next-?prev|^prev-?next|^(?:post|page|entry)-?(?:nav|navigation|pager|pagination)"
    r"|^pagination$|^pager$"
    r"|^sharedaddy|^jp-relatedposts|^addtoany|^(?:post-|social-)?shar(?:e|ing)(?:-|$)|^related(?:-?posts)?$"
    r"|^screen-reader"
    r"|^visually-hidden$|^sr-only$|^read-?more$|^more-link$|^footnote-?(?:back|ref)|^reversefootnote$|^wp-embedded",
    re.IGNORECASE,
)
"""What captions and the parts of a site around an article have as a class."""

SITE_NAMES = re.compile(r"(?:^|[-_])(?:site|blog|logo|brand|masthead)(?:$|[-_])", re.IGNORECASE)
"""What the element with the name of a site has as a class."""

TITLE_CLASSES = re.compile(
    r"^(?:p-name|headline|(?:entry|post|article|gh-article|page|review)-?(?:title|headline))$", re.IGNORECASE
)
"""What the heading with the title of a page has as a class."""

DROPPED_BLOCKS = frozenset(
    "code codeblock comment gallery gist highlight mermaid style script chart csv-table table-of-contents".split()
)
"""Shortcodes whose content is no text of the review."""

QUOTE_NAMES = frozenset("blockquote cite pullquote quote quotes epigraph".split())
"""Shortcodes and callouts whose content is somebody else's words."""

# Splitting

ATTRIBUTION_VERBS = """
    say says said ask asks asked cries cried replies replied answers answered shouts shouted whispers whispered
    """.split()
"""Verbs that name a speaker after a quotation: “Stop!” Tom cried. The splitter joins these to the quotation."""

SENTENCE_PRONOUNS = ("He", "She", "It", "They", "We", "You", "I")
"""After a quotation these more often begin a sentence of their own: “Stop!” He cried."""

LINKING_ABBREVIATIONS = "cf viz vs e.g i.e Mr Mrs Ms Dr Prof Gen Capt Col Lt Sgt Rev Sen Gov".split()
"""Abbreviations that never end a sentence."""

COUNTING_ABBREVIATIONS = """
    p c vol Vol vols Vols no No nos Nos pp Pp ch Ch chap Chap fig Fig figs Figs sec Sec bk Bk pt Pt pts Pts
    ep Ep eps Eps op Op ca Ca approx Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec
    """.split()
"""Abbreviations that don't end a sentence before a number or a word in lower case."""

# Terms and spelling

STOP_WORDS = frozenset(
    """
    a about after all also am an and any are as at be been before being but by can could did do does
    doing for from had has have having he her hers him his how i if in into is it it's its just me
    my no nor not of off on or our out over own s she should so some such t than that the their them
    then there these they this those to too under up us very was we were what when where which while
    who whom why will with would you your
    """.split()
)
"""Function words. BM25, the router and the abstention rules ignore them: they have no topic, and a short review has too
few texts for their weight to vanish."""

NEGATIONS = frozenset("cannot hardly neither never no nobody none nor not nothing nowhere without".split())
"""Words that turn a sentence into its opposite, besides those that end in n't. Sentences that differ in one of them
don't repeat one another."""

# Rewriting: questions about the work as a whole, and follow-ups

FILLER_WORDS = frozenset(
    """
    actually anyone bit book critic does essay ever film flick generally give hey honestly i'm kind know let like
    make me movie much novel one overall ok okay people picture please pls quick quickly really review
    reviewer say says short so tell thing think thinks us want well whats what's wonder work writer
    """.split()
)
"""Words of any question about a work, which the search for its intent ignores."""

VERDICT_WORDS = frozenset(
    """
    any bad best better buy buying cons decent enjoy enjoyable enjoyed fan fine good great hate hated like liked
    love loved opinion opinions pros rate read reading recommend recommended recommends see seeing skip thought
    thoughts time verdict view watch watching worth worthwhile
    """.split()
)
"""A question of these and filler words alone asks for the verdict on the work."""

VERDICT_FILLERS = frozenset("like think".split())
"""Filler words that ask for the verdict where nothing else is asked, as in "what do they think of it?"."""

GIST_WORDS = frozenset(
    """
    about concern dr gist outline overview plot premise recap story subject summarise summarize summary synopsis tl tldr
    """.split()
)
"""A question of these and filler words alone asks what the work is about."""

VERDICT_ANSWER = "It is one of the best films, beautifully made and deeply moving."
"""A model answer: no sentence of a review resembles the question for its verdict, but some resemble this."""

GIST_ANSWER = "The story follows the characters; it is a film about their lives."
"""A model answer to the question what the work is about."""

VERDICT_ANSWERS = (
    VERDICT_ANSWER,
    "It is his best book, a great and perfect novel.",
    "It is disappointing, and one of the weaker ones.",
    "I recommend it: it is well worth your time.",
)
"""Model answers that the verdict of a review resembles, in praise and in blame."""

VERDICT_HEADINGS = frozenset("conclusion final opinion overall rating recommendation summary thoughts verdict".split())
"""Words in the heading of a section that has the verdict."""

VERDICT_SUBJECTS = frozenset(
    """
    adaptation album book books collection film films game movie movies novel novels picture play plays read record
    season series show story tale volume watch work
    """.split()
)
"""Nouns for the work, at the start of a sentence that judges it."""

NO_TITLE_WORDS = frozenset(
    "anything everything me next now something soon today tomorrow tonight us week weekend".split()
)
"""Words that no title in lower case has: "recommend me something funny", "what should I watch tonight"."""

EVALUATIVE_WORDS = frozenset(
    """
    admirable ambitious awful bad beautiful beautifully best better boring brilliant charming classic compelling
    delightful devastating disappointing disappointment dreadful dull effective enjoyable enjoyed entertaining essential
    excellent extraordinary failed fails failure fascinating favorite favourite fine finest flawed forgettable fun funny
    gem good great greatest gripping hated haunting humane impressive inferior interesting liked loved magnificent
    masterpiece mediocre memorable mess moving outstanding overrated perfect poor popular powerful recommend recommended
    remarkable splendid stunning success successful superb superior tedious terrible triumph underrated unforgettable
    weak weaker weakest wonderful worse worst worth worthy
    """.split()
)
"""Words that judge. A sentence with one of them may be the verdict on the work."""

THEME_WORDS = frozenset("idea ideas meaning message messages moral morals theme themes".split())
"""A question of these and filler words alone asks what the work means."""

THEME_ANSWER = "It is a meditation on life, love and loss, and on what it means to be human."
"""A model answer to the question what the themes of a work are."""

POINTING_WORDS = frozenset(
    """
    he her hers herself him himself his it it's its itself one ones she that that's thats their theirs them themselves
    then there these they they're this those
    """.split()
)
"""Words that stand for something said before. A question with one of them is a follow-up."""

QUOTE_POINTING_WORDS = frozenset("he she they his her hers their theirs him them it its this that these those".split())
"""A quote that begins with one of them can't be understood without the sentence before."""

NUMBER_WORDS = dict(
    [
        *zip(
            "one two three four five six seven eight nine ten eleven twelve".split(),
            map(str, range(1, 13)),
            strict=True,
        ),
        *zip("i ii iii iv v vi vii viii ix x xi xii".split(), map(str, range(1, 13)), strict=True),
        *zip(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(),
            "1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th 11th 12th".split(),
            strict=True,
        ),
    ]
)
"""Numbers in words and Roman numerals, in digits, so that titles compare in any writing."""

VOLUME_WORDS = frozenset("book chapter episode novel part parts season vol volume".split())
"""Words of a title that people leave out before a number, and that make a part of it no name: *Kill Bill: Volume 2*."""

TITLE_PREPOSITIONS = "in of from within throughout during".split()
"""Words before a title, with which it is left out of a question: "the ending of Hard Times"."""

BEFORE_TITLE = (
    r"\bwho (?:directed|wrote|made|filmed|shot|scored|produced|adapted|edited|published|stars in|starred in|is in) "
    r"|\b(?:seen|watch|watched|read|liked|enjoyed|recommend|reviewed|made of|thinks? of|thought of) "
    r"|\b(?:cast|ending|plot|story|review|director|author|writer|verdict|opinion|hero|heroine|villain) (?:of|on|in) "
)
"""What a folded question has right before the name of a work: "who directed inception"."""

AFTER_TITLE = r",? (?:any good|worth (?:it|read|see|watch|the|a|my)\w*|about\W*$)"
"""What a folded question has right after the name of a work: "is inception any good"."""

TITLE_NOUNS = "title titled called named name phrase words line song mean means".split()
"""Words beside a title that make a question about the title itself: "the song Hard Times"."""

WORK_NOUNS = "film movie picture book novel play show series album game review essay".split()
"""What a work, or a review of it, may be called in its place: "in the film"."""

ADAPTATION_WORDS = frozenset(
    """
    adapt adaptation adapted adapts change changed changes compare compared compares comparison differ difference
    differences different differently faithful original source than unlike versus vs
    """.split()
)
"""Words of a question that compares a film with the book, so that "in the film" is a part of it."""

# Abstention: facts and names that reviews may never mention

FACT_GROUPS: tuple[tuple[str, str], ...] = (
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
"""Facts that reviews seldom tell. Each is a pattern that finds it in a folded question, and the words of an answer: a
review that has none of these words, nor those that the pattern found, doesn't tell the fact."""

COMMON_FACT_WORDS = "director film long make money movie much old picture time"
"""Words that the patterns of `FACT_GROUPS` may find and any review has, so that they show nothing."""

WORK_PARTS = frozenset(
    """
    acting actor actress adaptation atmosphere bit book camera cast character dialogue director effect ending film hero
    heroine humour idea lead message mood movie music narrator novel one opening pace pacing performance photography
    picture play premise protagonist relationship role romance scene score script set setting shot soundtrack story
    style subplot tension theme thing title tone villain visuals world
    anybody anyone anything everybody everyone everything nobody none nothing somebody someone something
    """.split()
)
"""Parts of any work and words for nobody in particular. They are no names, even if the reviews use other words."""

GENERAL_WORDS = (
    WORK_PARTS | FILLER_WORDS | VERDICT_WORDS | GIST_WORDS | frozenset("begin beginning die dies end ends".split())
)
"""Words of questions about any work, which don't tell which one is meant, even if one review alone has them."""

SEVERAL_WORKS = re.compile(
    r"\b(?:which|any|all|each|some|both) (?:of )?(?:the |these |those |his |her |their )?"
    r"(?:them|books|films|movies|novels|works|reviews|stories|book|film|movie|novel|work|review)\b"
)
"""How a folded question asks about several works, so that each may answer."""

PERSON_TITLES = frozenset(
    "aunt captain doctor dr king lady lord madam madame miss mr mrs ms prince queen sir uncle".split()
)
"""Words before somebody's name, which is no work's."""

NAMED_WORK = re.compile(
    r"\b(?:think|thought|opinion|review|verdict|say|said|plot|story|end|ending|cast|happens)s? (?:of|about|in|to) (.+)"
    r"|\b(?:villain|hero|heroine|twist|theme|score|soundtrack|sequel|remake)s? (?:in|of|to|from) (.+)"
    r"|\b(?:play|voice)(?:s|d|ed)? .*?\bin (.+)"
    r"|\b(?:directed|starred in|stars in|(?:seen|watch|watched|recommend|reviewed)) (.+)"
    r"|^(?:is|was) (?:the )?(.+?),? (?:any good|worth .+)"
    r"|^what(?:['’]?s| is| was| about) (.+?),? (?:about|any good)\W*$"
    # "Is the truman show a tragedy": after an article two words at least, because one is most often a part of the work.
    r"|^(?:is|was) the (\w+ \w.*?) an? \w+"
    # "How does fight club end", "how scary is hereditary", "is inception confusing".
    r"|^how (?:does|did) (\w.+) ends?\W*$"
    r"|^how \w+ (?:is|was) (\w+)\W*$"
    r"|^(?:is|was) (\w+) (?:too )?\w+\W*$"
)
"""Where a folded question may name a work in lower case: the group that matches is the name."""

# Cast: who plays whom

CAST_QUESTION = re.compile(
    r"\bwho(?:'s| is| was)? (?:(?:does|did) .+ )?(?:play|plays|played|playing|portray|portrays|portrayed"
    r"|perform|performs|performed|voices|voiced|acts as)\b"
    r"|\b(?:actor|actress|cast) (?:is|was|as|for|of|who|that|plays|behind)\b"
    r"|^(?:and )?(?:the )?(?:actor|actress)\W*$|\bplayed by (?:who|whom|which)\b|\bin the (?:role|part) of\b"
)
"""A folded question that asks who plays a role, or which role somebody plays."""

_NAME = r"[A-Z][^\W\d_]+"
_PERFORMER = rf"{_NAME}(?:[ -]{_NAME})+"
CAST_SENTENCES = (
    re.compile(rf"(?P<role>{_NAME}(?: {_NAME})*) \((?P<performer>{_PERFORMER})\)"),
    re.compile(rf"(?P<performer>{_PERFORMER})['’]s (?:[^\W\d_]+ (?:of|as) )?(?P<role>{_NAME})\b"),
    re.compile(rf"(?P<performer>{_PERFORMER})\b[^.;:]{{0,60}}? (?:as|plays|played|portrays) (?P<role>{_NAME})\b"),
    re.compile(rf"(?P<role>{_NAME})\b[^.;:]{{0,30}}? (?:played|portrayed|voiced) by (?P<performer>{_PERFORMER})"),
)
"""The ways in which a sentence gives a role with its performer, as written."""

# Questions about the collection

ARTICLES = frozenset("a an the".split())
"""Words before a title or a noun that tell nothing."""

DECADE_WORDS = dict(
    zip("twenties thirties forties fifties sixties seventies eighties nineties".split(), range(2, 10), strict=True)
)
"""Decades in words, and their tens."""

REVIEW_NOUNS = "review reviews essay essays writeup writeups critique critiques".split()
"""What members call a review."""

WORK_KINDS = {
    "films": "film movie movies picture pictures documentary documentaries",
    "books": "book novel novels comic comics memoir memoirs",
    "albums": "album record records lp lps",
    "games": "game videogame videogames",
    "series": "show shows",
    "plays": "play",
    "works": "work title titles",
}
"""Kinds of works in the plural, and what else members call them."""

KIND_ROLES = {
    "films": "director cast",
    "books": "author illustrator translator narrator",
    "albums": "artist",
    "games": "developer",
}
"""The roles of creators that only works of a kind have."""

NAMED_ROLES = {
    "reviewer": "reviewers critics contributors",
    "director": "directors filmmakers",
    "author": "authors novelists",
    "artist": "artists bands musicians",
    "composer": "composers",
    "writer": "screenwriters",
    "developer": "developers",
}
"""Roles, and what members call the people who have them. Actors and characters are asked for within one review."""

CREATOR_VERBS = {
    "director": "directed",
    "author": "wrote written",
    "composer": "composed scored",
    "illustrator": "illustrated",
    "translator": "translated",
    "narrator": "narrated",
    "artist": "recorded performed",
    "developer": "developed",
    "creator": "made created",
}
"""What those who have a role did, as in "who directed it"."""

RATING_NOUNS = "rating score grade mark".split()
"""What a rating is called."""

SUPERLATIVES = {
    "newest": "newest latest most-recent",
    "oldest": "oldest earliest",
    "longest": "longest",
    "shortest": "shortest",
    "rating": "best top best-rated top-rated highest-rated best-reviewed highest-scoring favourite favorite "
    "most-highly-rated",
    "lowest": "worst worst-rated lowest-rated lowest-scoring worst-reviewed least-favourite least-favorite",
}
"""Orders, and the words that ask for the first review of one."""

MENTION_VERBS = (
    "mention mentions mentioned mentioning discuss discusses discussing contain contains containing include includes "
    "quote quotes cite cites name names talk-about talks-about talking-about refer-to refers-to bring-up brings-up "
    "speak-of speaks-of speak-about speaks-about write-about writes-about touch-on touches-on say-something-about "
    "says-something-about say-anything-about says-anything-about"
).split()
"""What a review does that has a word in it."""

OPENERS = (
    "hey hi hello yo so ok okay well um please pls plz just bot now also then tell-me tell-us show-me show-us show "
    "list list-me give-me give-us find find-me name display print see let-me-see let-me-know i-want-to-know i-wonder "
    "i-would-like-to-know i-would-like-to-see i'd-like-to-know i'd-like-to-see i-want-to-see i-need i-want looking-for "
    "i'm-looking-for im-looking-for a-list-of the-list-of list-of can-you-tell-me can-you-show-me can-you-list "
    "can-you-give-me can-you-please-list could-you-tell-me could-you-show-me could-you-list could-you-give-me "
    "would-you-list do-you-know"
).split()
"""What a question may begin with and says nothing about what is asked."""

LISTING_OPENERS = (
    "show-me show-us show list list-me give-me give-us find find-me name display print see a-list-of the-list-of "
    "list-of can-you-show-me can-you-list can-you-give-me can-you-please-list could-you-show-me could-you-list "
    "could-you-give-me would-you-list i-want-to-see i'd-like-to-see i-would-like-to-see let-me-see"
).split()
"""Those of the openers that ask for a list."""

CLOSERS = (
    "please pls plz thanks thx thank-you here so-far right-now at-the-moment currently in-total in-all in-here "
    "in-there altogether yet already by-now overall in-the-collection in-this-collection in-your-collection "
    "in-the-library in-this-library in-your-library in-the-club in-this-club in-the-list on-the-list on-this-server "
    "in-this-server in-the-database in-your-database on-the-shelf on-this-shelf on-your-shelf on-the-site on-this-site "
    "in-the-archive in-the-index in-this-channel on-file"
).split()
"""What a question may end with and says nothing about what is asked."""

AVAILABLE = (
    "are-there is-there exist are-available are-reviewed is-reviewed are-here are-included are-covered is-covered "
    "are-indexed are-in-the-collection do-you-have do-u-have do-we-have do-you-have-got do-they-have have-you-got "
    "have-we-got have-u-got have-you you-have you-got we-have have-been-reviewed has-been-reviewed have-been-covered "
    "were-reviewed was-reviewed got-reviewed have-you-reviewed have-we-reviewed have-you-covered did-you-review "
    "did-we-review have-they-reviewed did-they-review you-reviewed you've-reviewed you-have-reviewed "
    "does-the-club-have does-this-club-have does-the-bot-have does-this-bot-have does-the-library-have "
    "does-this-library-have does-the-collection-have does-this-collection-have does-the-server-have "
    "does-this-server-have can-i-ask-about can-we-ask-about can-i-read can-we-read can-i-browse can-you-answer-from "
    "has-the-club-reviewed did-the-club-review does-it-have"
).split()
"""That something is in the collection."""

TYPED_AS = {"u": "you", "wat": "what", "wich": "which", "whch": "which", "whats": "what is", "what's": "what is",
            "who's": "who is", "whos": "who is", "hows": "how is", "how's": "how is", "which's": "which is",
            "newst": "newest", "v": "vs"}  # fmt: skip
"""Short forms and common slips of the words of such questions."""

VERDICT_QUESTION = "Is it any good?"
"""What finds a review's verdict, when two reviews are compared."""

# Measuring

MADE_TITLES: dict[str, list[str]] = {
    "adjective": "amber blind bright broken cold copper crooked distant empty final gentle golden grey hidden hollow "
    "iron last little lonely long lost narrow northern old orange pale paper quiet red second secret "
    "silent slow southern stolen third tin unfinished white wild".split(),
    "noun": "apprentice archive bell bridge carpenter clock crossing daughter detective doctor ferry garden glass "
    "harbour horse hotel house island keeper key ladder lantern letter library map mirror mountain museum "
    "night orchard painter passenger piano promise river road rooms salt school sea shadow sister station "
    "storm summer tailor theatre tide tower train valley village wedding wife window winter witness".split(),
    "name": "Ada Amos Bruno Cecily Clara Edith Elias Esther Felix Greta Hugo Ida Iris Jonas Leo Lydia Mabel Marta "
    "Nora Oscar Petra Ruben Silas Tilda Viola".split(),
    "surname": "Adler Barlow Castell Dunmore Ferris Gale Hartley Kessler Lund Marsh Novak Okoro Pryce Quill Reyes "
    "Sato Thorne Vance Whitlock Yarrow".split(),
    "place": "Antwerp Bergen Cork Dakar Galway Havana Leith Lisbon Marseille Minsk Naples Ostend Prague Quito Riga "
    "Seville Tangier Trieste Valletta Vienna".split(),
}
"""The words of the titles of a made library (`embeddings.training.titled_library`)."""

# Training

CHATTY_OPENERS = (
    "hey,",
    "hi all,",
    "hey does anyone know",
    "does anyone here know",
    "can someone tell me",
    "quick question:",
    "so i was wondering,",
    "ok stupid question but",
    "sorry if this was asked before,",
    "just curious,",
    "no spoilers please but",
    "anyone remember",
)
"""How people begin a question in a chat."""

REVIEWER_OPENERS = (
    "According to the reviewer,",
    "According to the review,",
    "In the reviewer's opinion,",
    "In the reviewer's view,",
    "What does the reviewer think:",
    "What does the review say,",
)
"""How a question asks for what the reviewer thinks."""

REVIEWER_VERBS = (
    "Does the reviewer say",
    "Does the reviewer mention",
    "Does the review tell",
    "What does the reviewer think,",
    "Do they say",
)
"""The same before a question word: "Does the reviewer say who plays her?"."""

CORRECTIONS = ("no wait", "wait no", "sorry", "no sorry I mean", "I mean", "or rather", "er", "uh no", "scratch that")
"""How people correct themselves in the middle of a question."""

FOLLOW_UP_PRONOUNS = ("it", "that", "they", "he", "she", "this one")
"""What stands for a name in the question after the one that has it."""

CONDITIONS = (
    "as a child",
    "as an adult",
    "at the end",
    "at the beginning",
    "before the war",
    "in the novel",
    "in the sequel",
    "in the first chapter",
    "in real life",
    "in the stage version",
    "on the radio",
    "the second time",
    "for the first time",
    "according to the author",
    "without telling anyone",
    "when it rains",
)
"""Conditions that change what a question asks, to judge rerankers by: no training question has them."""
