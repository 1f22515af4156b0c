"""Every number of the bot that somebody might tune, package by package.

To add one, write `NAME: type = value` under its package's heading. The docstring says what the number does, its unit,
and the reason for its value. Modules import the constant by name. `bot.settings` holds what an operator changes by
environment variables. Limits of Discord's API stay in `bot.ui.elements`, and names and formats of files where they are
used. This module imports nothing, so that every command may import it.
"""

from __future__ import annotations

MAX_REMEMBERED: int = 10_000
"""Entries in each of the bot's memories: conversations, answers, feedback, waits, messages already seen. The least
recently used makes room. A guess."""

# Storage: the database, its backups, and what is deleted when.

DATABASE_WAIT: float = 5.0
"""Seconds to wait for another process that reads or writes the database."""

DATABASE_RETRY_PAUSE: float = 0.01
"""Seconds between two tries to empty the journal."""

SERVER_SETTINGS_WAIT: float = 1.0
"""Seconds to wait for a server's settings. An acknowledgement waits for them, and Discord allows 3 seconds for it."""

FEEDBACK_LIFETIME: float = 86_400.0
"""Seconds for which the bot remembers who gave which feedback, so that a second press is not counted again."""

ERASURE_LIFETIME: float = 3600.0
"""Seconds for which the bot remembers that a member deleted their data. No question takes longer to answer."""

RETENTION_INTERVAL: float = 3600.0
"""Seconds between two deletions of expired data. Expiry is counted in days, so an hour is soon enough."""

MAX_DAYS: int = 36_500
"""The most days that anything may be stored: a hundred years, so that every date stays valid."""

BACKUP_TRIES: int = 5
"""How often a backup starts again because a review changed while it was read."""

# Services: the running bot's state and work.

ENGINE_WORKERS: int = 1
"""Threads that answer questions. Of 500 questions at once, without a reranker, one thread answers the last after 7.0 to
8.0 s. Two need 4.7 to 10.6 s and hold up the event loop on a machine with two cores."""

ENCODING_BATCH: int = 8
"""The most waiting questions that are encoded together. Eight take 3.8 ms each, one alone 5.3 ms, and sixteen take no
less than eight. A small batch keeps the first question from waiting for the others."""

MAX_GROUPED_QUESTIONS: int = 2000
"""The most unanswered questions that are grouped at a time, the latest first. Grouping compares each with each."""

CONVERSATION_QUESTIONS: int = 5
"""Questions that a conversation remembers. The search takes no more into account."""

CONVERSATION_LIFETIME: float = 1800.0
"""Seconds after which an unused conversation ends."""

SUGGESTED_TITLES: int = 3
"""Reviews suggested if no title matches what a member typed."""

NAMES_PER_TITLE: int = 4
"""Names that autocomplete looks at for each review it offers, because a review has several."""

UPLOAD_TRIES: int = 3
"""How often an upload's download is tried."""

UPLOAD_RETRY_PAUSE: float = 0.5
"""Seconds between two tries."""

UPLOAD_TIMEOUT: float = 60.0
"""Seconds for one try of a download."""

UPLOAD_CONNECT_TIMEOUT: float = 10.0
"""Seconds for connecting, as a part of them."""

UPLOAD_READ_TIMEOUT: float = 20.0
"""Seconds without a byte before a try fails."""

UPLOAD_CHUNK: int = 65_536
"""Bytes read at a time."""

UPLOAD_LIFETIME: float = 900.0
"""Seconds in which an upload can be confirmed: as long as Discord allows its preview to be edited."""

MAX_UPLOADS: int = 16
"""Uploads that wait for a confirmation in all servers together. The oldest makes room."""

MAX_UPLOAD_CHARACTERS: int = 8_000_000
"""Characters of their files and texts: 32 MB at most. A server may have 2,000,000 in its files, so one upload fits."""

MAX_WAITING_UPLOADS: int = 8
"""Uploads that wait to be examined before the bot says that it is busy."""

FEED_TIMEOUT: float = 30.0
"""Seconds in which a feed must have been looked up, connected to and received, with all redirects. A guess."""

FEED_CONNECT_TIMEOUT: float = 10.0
"""Seconds for connecting, as a part of them."""

FEED_READ_TIMEOUT: float = 15.0
"""Seconds without a byte before a feed counts as unreadable."""

MAX_FEED_BYTES: int = 8 * 1024 * 1024
"""The largest feed, as it comes and unpacked: what the engine reads of one."""

MAX_FEED_REDIRECTS: int = 5
"""How often a feed's address may lead on to another."""

MAX_FEED_ADDRESS: int = 2_000
"""The longest address of a feed, in characters."""

MAX_FEEDS: int = 100
"""The most feeds. Each is asked for one after the other. A guess."""

MAX_FEED_MINUTES: int = 10_080
"""The longest time between two readings of a feed: a week."""

FEED_CHECK_INTERVAL: float = 30.0
"""Seconds between two looks at which feeds are due."""

FEED_MAX_PAUSE: float = 24 * 3600.0
"""Seconds of the longest pause before a feed that can't be read is tried again. Each failure doubles the pause."""

FEED_LOCK_WAIT: float = 30.0
"""Seconds to wait for another process that changes the feeds. Storing the entries of one takes a few."""

# Messages: lengths, in UTF-16 units unless stated otherwise.

MIN_QUESTION: int = 3
"""The fewest characters of a question."""

MAX_QUESTION: int = 300
"""The most characters of a question. A form's field and a message's menu take no more."""

MAX_NAME: int = 120
"""A title or heading among other words."""

MAX_LINK: int = 300
"""A link to a review's source, in characters. A longer one is left out."""

MAX_WORD: int = 60
"""Characters of a word before a place to break it is added. A guess."""

MAX_ACCENTS: int = 4
"""Combining marks on one letter. Vietnamese needs two, pointed Hebrew three. More is a stack."""

# Observability: logs and metrics.

METRIC_BUCKETS: tuple[float, ...] = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0, 10.0, 30.0)
"""Upper bounds of the histograms, in seconds: from the shortest stage of the engine to beyond the 3 s that Discord
waits for an acknowledgement."""

# Transport: acknowledging, sending, connecting.

ACKNOWLEDGE_TIMEOUT: float = 2.5
"""Seconds from an interaction's arrival in which it may be acknowledged. Discord allows 3."""

ACKNOWLEDGE_TRY_TIMEOUT: float = 1.2
"""Seconds for one try, which leaves time for a second one."""

ACKNOWLEDGE_PAUSE: float = 0.1
"""Seconds between two tries."""

MAX_ACKNOWLEDGEMENTS: int = 32
"""Acknowledgements on their way at the same time. More would all be late together."""

MAX_LATE_ANSWERS: int = 50
"""Answers that wait to be posted in a channel because they were acknowledged too late. Discord allows about one a
second in a channel. A guess."""

RUSH_ACKNOWLEDGEMENTS: int = 20
"""Acknowledgements due at the same time before other work waits for them. At 0.2 s each, 100 questions a second stay
below it."""

RUSH_TAIL: float = 0.1
"""Seconds that other work waits after such a rush, because more may be arriving."""

RUSH_POLL_INTERVAL: float = 0.02
"""Seconds between two looks at whether the rush is over."""

SEND_TIMEOUT: float = 60.0
"""Seconds for which a message is sent again."""

SEND_PAUSE: float = 0.25
"""Seconds after the first try. Each further pause is twice as long."""

SEND_MAX_PAUSE: float = 4.0
"""Seconds of the longest pause between two tries."""

REFUSED_CHANNEL_PAUSE: float = 600.0
"""Seconds without posts in a channel after Discord refused one there."""

MAX_UNAUTHORISED: int = 3
"""Requests that Discord may refuse in a row for the token's sake before the bot stops. Discord bans an address after
10,000 in 10 minutes."""

TYPING_INTERVAL: float = 8.0
"""Seconds after which a question that waits for its turn shows again that an answer is coming. Discord shows it
for 10 seconds."""

TYPING_TIMEOUT: float = 0.5
"""Seconds to wait until Discord shows that the bot is typing."""

HANDSHAKE_TIMEOUT: float = 45.0
"""Seconds for which a handshake with the gateway is repeated. discord.py allows 60, then starts a new session."""

HANDSHAKE_PAUSE: float = 0.5
"""Seconds after the first handshake. Each further pause is twice as long."""

HANDSHAKE_MAX_PAUSE: float = 5.0
"""Seconds of the longest pause between two handshakes."""

# Features: what members read, in UTF-16 units unless stated otherwise.

REPLY_LIFETIME: float = 24 * 3600.0
"""Seconds for which a reply follows the edits and the deletion of its question."""

MAX_REPLIES: int = 1000
"""Replies that do so at the same time. The oldest makes room."""

HINT_INTERVAL: float = 7 * 24 * 3600.0
"""Seconds before the bot explains to a member again why it can't read their message."""

MAX_ONLY_QUOTE: int = 380
"""The quote of an answer with one: eleven lines on a phone of 390 px. It is whole for nineteen in twenty of
the owner's questions."""

MAX_QUOTE: int = 300
"""The best quote of an answer with several. It is whole for three in four of the owner's questions."""

MAX_FURTHER_QUOTE: int = 100
"""Each further quote, of which a press opens the whole."""

PASSAGE_TEXT: int = 260
"""A passage on a page of further ones, of which a press opens the whole."""

PLACE_NAME: int = 60
"""A title or a heading in the line below a quote, which says where it stands."""

MAX_TITLES_SEARCHED: int = 3
"""Reviews that a refusal names. Of more it says how many there are."""

MAX_PASSAGES: int = 30
"""Passages that are ranked for *More passages* and for `/more`."""

RELEVANT_SHARE: float = 0.3
"""The least score of a further passage, as a share of the best one's. On the development questions, .3 keeps 92% of the
relevant passages that the answer doesn't quote and 35% of the others: 6 of 18 for a question."""

PASSAGES_PER_PAGE: int = 3
"""Quotes in a message."""

LISTED_PER_PAGE: int = 25
"""Reviews in a message that lists them: as many as a menu of Discord's has options."""

QUOTED_PER_PAGE: int = 2
"""Reviews in a message that lists them with quotes, so that their quotes fit."""

PAGE_TEXT: int = 2900
"""A review's text on one page. With title, place and link it stays below `MAX_TEXT` of `bot.ui.elements`."""

EDGE_TEXT: int = 120
"""Characters shown of the paragraphs before and after a quote's."""

PIECE_TEXT: int = 1200
"""The pieces that long paragraphs are cut into, of which a page holds two or more."""

PREVIEW_SECTIONS: int = 12
"""Sections listed before a review is added."""

PREVIEW_REVIEWS: int = 10
"""Reviews on a page of the list that is shown before several are added."""

PREVIEW_TITLE: int = 60
"""A title in that list."""

PREVIEW_FACT: int = 30
"""A reviewer's name in that list."""

PREVIEW_NOTES: int = 3
"""Files that are named before reviews are added, of those that were mended and of those that were left out."""

PREVIEW_REASON: int = 120
"""Why a file was mended or left out."""

PREVIEW_OPENING: int = 350
"""The review's first lines, shown before it is added."""

PREVIEW_HEADING: int = 100
"""A heading in that list."""

MAX_FORM_TITLE_TEXT: int = 300
"""Characters of a title in the form that edits a review: as many as a review's title may have."""

MAX_FORM_AUTHOR: int = 200
"""Characters of a reviewer's name in that form. A guess."""

MAX_FORM_ALIASES: int = 1000
"""Characters of all other names in that form. A guess."""

HELP_EXAMPLES: int = 3
"""Example questions that `/help` shows."""

GAP_GROUPS: int = 10
"""Groups of unanswered questions in a message. The attached file has them all."""

GAP_WORDINGS: int = 3
"""Further wordings shown of each group."""

SETTINGS_CHANNELS: int = 50
"""Channels that `/settings` lists. More don't fit into the message."""

# App: starting, connecting, stopping.

CONNECT_PAUSE: float = 1.0
"""Seconds after the first failed connection. Each further pause is twice as long."""

CONNECT_MAX_PAUSE: float = 60.0
"""Seconds of the longest pause between two connections."""

INDEX_CHECK_INTERVAL: float = 5.0
"""Seconds between two checks for changed reviews and a changed index."""

SHUTDOWN_ANSWER_TIMEOUT: float = 15.0
"""Seconds for which the bot still answers waiting questions when it stops."""

SHUTDOWN_NOTICE_TIMEOUT: float = 5.0
"""Seconds in which it then asks those that still wait to try again later."""

DISCONNECT_TIMEOUT: float = 2.0
"""Seconds that discord.py has to end its connection, which it may only be starting."""

SYNC_TRIES: int = 5
"""How often the commands are sent to Discord before `review-bot sync` gives up."""

SYNC_PAUSE: float = 1.0
"""Seconds after the first try. Each further pause is twice as long."""

SYNC_MAX_PAUSE: float = 8.0
"""Seconds of the longest pause between two tries."""

# Terminal: the review-bot command.

GC_THRESHOLD: int = 100_000
"""Objects made before the command looks for garbage. Python's own 700 takes more than a tenth of the time of an
answer."""

SEARCH_PASSAGES: int = 10
"""Passages that `search` lists without `-k`."""

CHAT_MORE_PASSAGES: int = 3
"""Passages that `/more` shows at a time."""

MAX_WHOLE_PARAGRAPH: int = 1000
"""Characters of a paragraph that a terminal shows whole around its quotes. A guess."""

EXCERPT_MARGIN: int = 300
"""Characters shown on either side of the quotes of a longer paragraph. A guess."""

PREVIEW_CHARACTERS: int = 200
"""Characters of a review that `add` shows."""

MAX_FACTS: int = 6
"""How many facts of a review `reviews` shows. `--json` has all. A guess."""

FACT_CHARACTERS: int = 60
"""The most characters of such a fact. A guess."""

PREVIEW_COLUMNS: int = 120
"""The width of the table of `add` where no terminal says its own. A guess."""

MAX_PREVIEWED: int = 20
"""Reviews that the table of `add` shows, unless all are to be listed. A guess."""

LISTED_LINES: int = 50
"""How many reviews an answer lists in a terminal. `--json` has up to `MAX_LISTED` of the engine. A guess."""

MAX_NAMED: int = 3
"""Files or reviews that a message names before it says how many more there are."""

SETUP_TRIES: int = 3
"""How often `init` asks for a folder or a token."""

FIRST_BUILD_WAIT: float = 3600.0
"""Seconds to wait for another process that builds the first index."""

PROGRESS_WINDOW: float = 180.0
"""Seconds over which a build's speed is averaged. A shorter time makes the estimate jump."""

DOCTOR_TIMEOUT: float = 15.0
"""Seconds for Discord to answer `doctor --online`."""

MIN_FREE_DISK: int = 256 * 1024 * 1024
"""Bytes that `doctor` wants to be free. An encoder takes 92 MB, and a new one is written beside the old one."""

CHANGED_QUESTIONS: int = 5
"""Questions behind a difference that `compare` and `evaluate --baseline` list."""

SIMILAR_QUESTIONS: int = 5
"""Similar questions that `gaps` shows for each group."""
