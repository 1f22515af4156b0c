"""Every number of the engine that somebody might tune, in the order in which texts and questions pass the stages.

To add one, write `NAME: type = value` under its stage's heading. The docstring says what the number does, its unit,
and where it was measured; write "a guess" where nobody measured it. Modules import the constant by name. A number that
only one value fits (a file's name, a format's version, a limit of another library) stays where it is used.

The evaluation's README has the measurements on question files, the training's README those of the reranker, and
`python -m tests.benchmarks` measures speed.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass


def tunable_numbers() -> dict[str, object]:
    """Return every number of this module by its name, including the fields of `RankingSettings`."""
    return {name: globals()[name] for name in __annotations__} | asdict(RankingSettings())


# Documents: review files to passages and sentences.

PASSAGE_TOKENS: int | None = None
"""The most tokens of a passage, special tokens included. None means as many as the encoder reads, which is also the
most that takes effect. Paragraphs scored by their best sentence and as a whole beat windows of one to three sentences
(nDCG@10 .82 against .73 to .80 on private questions)."""

MAX_REVIEW_FILE_BYTES: int = 8 * 1024 * 1024
"""The largest review file that is read. Parsing takes about twenty times a file's size in memory."""

MAX_HEADING_CHARACTERS: int = 200
"""The longest heading. Markdown takes a paragraph right above a line of hyphens for a heading; its length tells. A
guess."""

PLAIN_HEADING_CHARACTERS: int = 80
"""The longest line of a plain text that counts as a heading. A guess."""

PLAIN_HEADING_WORDS: int = 14
"""The most words of such a line. A guess."""

PLAIN_WRAP_CHARACTERS: int = 120
"""A plain text with a longer line was not wrapped by hand or by an editor. A guess."""

HEADER_CHARACTERS: int = 65_536
"""The longest header of fields before a review that is parsed. A guess."""

HEADER_DEPTH: int = 12
"""How deep a header's fields may nest. A guess."""

MAX_FACT_CHARACTERS: int = 2_000
"""The most characters of a fact that are kept. A guess."""

MAX_REVIEWS_OF_FILE: int = 10_000
"""The most reviews of a table or an archive. A guess."""

MAX_ARCHIVE_BYTES: int = 128 * 1024 * 1024
"""The most bytes that the review files of an archive may unpack to. A guess."""

SPOILER_CHARACTERS: int = 10_000
"""The longest spoiler between two marks such as `||`; marks further apart are no pair. A guess."""

HTML_DEPTH: int = 200
"""How many open elements of HTML in a Markdown text are remembered. A guess."""

CHARACTERS_PER_TOKEN: int = 8
"""A text counts at least one token for this many characters. A tokenizer may read a word of any length as one unknown
token. A guess."""

SENTENCE_WINDOW_CHARACTERS: int = 4_000
"""How many characters sentencex gets at once: its time grows with the square of a text's unbalanced quotes. A guess."""

LANGUAGE_CHARACTERS: int = 2_000
"""How many characters at the start of a review tell its language. A guess."""

ENGLISH_SHARE: float = 0.3
"""The least share of English function words by which a text is English, whatever its header says: 24 English
reviews have at least .39, texts in 23 other languages at most .27."""

LANGUAGE_CONFIDENCE: float = 0.7
"""The least probability of a language other than English; a text is English below it. Of 3,019 English sentences, taken
as reviews, none is taken for another language, nor is any of 41 longer texts in 23 languages for English."""

NEAR_MISS_SCORE: float = 75.0
"""The least similarity (rapidfuzz's WRatio, 0 to 100) of a misspelt review or section name and its match. A guess."""

NEAR_MISS_LEAD: float = 5.0
"""How far ahead of the second best a misspelt name's match must be, else both are meant. A guess."""

NEAR_NAME_LETTERS: int = 5
"""The fewest letters of somebody's name that is looked up with a mistake in it. A guess."""

NEAR_NAME_RATIO: float = 85.0
"""The least similarity (rapidfuzz's ratio, 0 to 100) of a misspelt name and its match, when reviews are chosen by it: a
letter of seven. A guess."""

SUGGESTED_NAME_SCORE: float = 65.0
"""The least similarity (rapidfuzz's WRatio, 0 to 100) of a name that nobody has and those that are suggested. A
guess."""

COMPLETION_SCORE: float = 60.0
"""The least similarity (0 to 100) of what was typed and a completion that doesn't contain it. A guess."""

MAX_SUGGESTIONS: int = 3
"""How many of the closest names an error message lists. A guess."""

MAX_TEXT_FILE_BYTES: int = 2 * 1024 * 1024
"""The largest Markdown or plain text file to convert: `MAX_REVIEW_CHARACTERS` take no more in any script."""

MAX_PAGE_FILE_BYTES: int = 8 * 1024 * 1024
"""The largest web page or EPUB to convert. Discord takes 10 MiB from members who don't pay."""

MAX_REVIEW_CHARACTERS: int = 500_000
"""The longest converted review, about a novel. Indexing it takes a minute and a half on one core."""

MAX_SECTIONS: int = 500
"""The most sections of a converted review. A guess."""

MAX_HEADINGS: int = 5_000
"""The most lines or tags that look like headings in a file to convert, counted before parsing. A heading may have no
text and make no section, so this is more than `MAX_SECTIONS`. A guess."""

MAX_TITLE_CHARACTERS: int = 300
"""The longest title of a converted review. A guess."""

MAX_EPUB_BYTES: int = 16 * 1024 * 1024
"""The most bytes that an EPUB may unpack to, many times the text of a review. A guess."""

MAX_EPUB_CHAPTERS: int = 500
"""The most text files of an EPUB. A guess."""

MAX_FEED_ENTRIES: int = 1_000
"""The most entries of a feed. So many, of 3,000 characters each, take 6 of `SANDBOX_CPU_SECONDS`."""

MAX_FEED_CATEGORIES: int = 50
"""The categories of a feed's entry that are kept, the first ones. A guess."""

FULL_DESCRIPTION_WORDS: int = 100
"""A description of a single paragraph in an RSS feed counts as the full text from so many words. A guess."""

SANDBOX_MEMORY_BYTES: int = 512 * 1024 * 1024
"""The address space of the process that converts a file. A large web page takes a quarter of it."""

SANDBOX_CPU_SECONDS: int = 20
"""The processor time of the process that converts a file, in seconds. A guess."""

SANDBOX_CHECK_SECONDS: float = 0.05
"""How often the memory of that process is looked at where the system doesn't limit it, in seconds. A guess."""

DIGEST_BYTES: int = 16_000_000
"""How much of a file is digested at once, in bytes. Between two pieces the other threads get their turn, of up to 5 ms:
with pieces of 256 KiB, 91 MB wait for a second and a half while `doctor` imports its packages."""

REPLACE_WAIT_SECONDS: float = 5.0
"""How long to try to replace a file that another process has open, which only Windows refuses. A guess."""

REPLACE_PAUSE_SECONDS: float = 0.05
"""The pause between two such tries, in seconds. A guess."""

SANDBOX_TIMEOUT_SECONDS: float = 120.0
"""How long to wait for the process that converts a file, in seconds by the clock. A guess."""

SANDBOX_FILE_BYTES: int = 65_536
"""Larger text files of a folder are read in the sandbox, where a file made to cost much can take no more than others.
A guess."""

MAX_SERVER_REVIEWS: int = 100
"""The most reviews of a server's own, so that no server fills the disk. A guess."""

MAX_SERVER_CHARACTERS: int = 2_000_000
"""The most characters in all of a server's own reviews, so that other servers don't wait long for the index: half a
million take a minute and a half on one core."""

# Encoders: texts to vectors.

ENCODER_BATCH_TOKENS: int = 512
"""The most tokens of a batch, padding included. Batches of about this many, sorted by length, encode 1.5 times as many
passages per second as batches of 32 texts."""

ENCODER_WINDOW_TEXTS: int = 4096
"""How many texts are tokenized and sorted by length at once. More would hold more token ids in memory. A guess."""

ENCODER_THREADS: int = 2
"""How many threads encode many texts. Two with one onnxruntime thread each encode 1.23 times as many as onnxruntime's
own two, on two cores."""

ENCODER_THREADED_TEXTS: int = 64
"""More texts than this are encoded by several threads; for fewer a second thread takes longer to start. A guess."""

ENCODER_DEFAULT_TOKENS: int = 512
"""How many tokens a model reads that names no limit itself. The limit of most BERT models."""

UNREADABLE_SHARE: float = 0.5
"""A text of which the encoder doesn't know this share of the letters and digits has no vector: such texts resemble one
another, whatever they say. A guess."""

ENCODER_PROGRESS_TEXTS: int = 256
"""How many texts sentence-transformers encodes between two reports of progress. A guess."""

EXPORT_MIN_COSINE: float = 0.9999
"""The least cosine between an exported model's vector of a text and the reference's, else the export isn't used. The
packaged model's export gives the same ten best passages for every question tried."""

# Index: what is on disk.

BM25_K1: float = 1.5
"""How much repeating a term raises its score. Robertson and Zaragoza's usual value, and bm25s's default. A change
takes effect when an index is rebuilt."""

BM25_B: float = 0.75
"""How much a text's length lowers its scores: 0 not at all, 1 in full. See `BM25_K1`."""

BM25_BLOCK_TEXTS: int = 1 << 16
"""How many texts' terms are counted together, which bounds the memory of a build. A guess."""

BM25_SPARSE_TEXTS: int = 1 << 13
"""Up to this many texts that hold a query's terms are merged term by term; more are added up in one array for all
texts. A guess."""

EXACT_SCAN_VECTORS: int = 50_000
"""Up to this many vectors are all scanned, which takes 2 ms; more get an IVF index
(bot/docs/decisions/06-ivf-rabitq-beyond-50000.md)."""

IVF_MIN_RECALL: float = 0.95
"""The least share of the ten nearest vectors that an IVF index must find, else all vectors are scanned. Measured in
every build on `IVF_RECALL_QUERIES` queries."""

IVF_RECALL_QUERIES: int = 200
"""How many queries, made from the vectors themselves, measure an IVF index's recall. A guess."""

IVF_PROBES: tuple[int, ...] = (64, 128, 256)
"""How many lists a query visits: the first of these that reaches `IVF_MIN_RECALL`. 64 reach .984 on 300,000 made
vectors."""

IVF_VECTORS_PER_LIST: int = 64
"""How many vectors per list k-means learns from. FAISS asks for 39 at least."""

IVF_REFINE_FACTOR: int = 2
"""How many times as many vectors as a query asks for are scored by their 16-bit floats. Four times as many raise
recall from .984 to .986 and take 1.6 times as long."""

IVF_MIN_REFINED: int = 200
"""The least number of vectors that are scored by their 16-bit floats, because one bit per dimension ranks vectors that
lie close together badly. With fewer, recall is .81 instead of .99 on 150,000 made vectors."""

VECTOR_BLOCK_ROWS: int = 1 << 16
"""How many vectors a build holds in memory at once. A guess."""

ENCODE_CHUNK_TEXTS: int = 2048
"""A build stores its vectors after this many texts: an interruption costs half a minute of work at most."""

MAX_NAMED_CHANGES: int = 3
"""How many changed reviews a line names. A guess."""

VECTOR_CACHE_RANGES: int = 8
"""How many reviews' vectors stay decoded in memory. A guess."""

REVIEW_CACHE_SIZE: int = 256
"""How many reviews of a collection stay parsed in memory. A guess."""

# Retrieval: a question to ranked passages and sentences.

MAX_QUESTION_CHARACTERS: int = 1000
"""The most characters of a question, and of the earlier question that a follow-up is read with. A guess."""

SHORT_QUESTION_WORDS: int = 3
"""A question of at most this many words counts as a follow-up. Chosen on the development questions."""

SPELLING_MIN_LETTERS: int = 4
"""Words with fewer letters are never corrected, because too many others are close to them. Stored indexes hold only
words of this length, so a change takes effect when an index is rebuilt."""

SPELLING_SIMILARITY: float = 0.72
"""The least similarity of a word and its correction: 1 minus the share of letters to change. Corrections raise the
AUROC of the development questions from .778 to .812."""

SPELLING_FIRST_LETTER_SIMILARITY: float = 0.85
"""The least similarity where the first letter differs, which people seldom get wrong. A guess."""

SPELLING_CANDIDATES: int = 3
"""How many of the closest words may be the correction. A guess."""


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """The weights of the fusion, and how many candidates it scores.

    The weights were measured on half of SQuAD 2.0's development set and on private questions, and 17 variants of them
    on the development questions: none is better by more than .02 of nDCG@10. A sweep file varies them by these names.

    Raises:
        ValueError: a weight or a number is out of its range.
    """

    passage_lexical: float = 0.3  # BM25's share of a passage's score; the dense part has the rest
    best_sentence: float = 0.5  # the best sentence's share of a passage's dense part; the whole passage has the rest
    sentence_lexical: float = 0.2  # BM25's share of a sentence's score; the dense part has the rest
    pair: float = 0.5  # the share that a sentence with the one before it has of the sentence's dense part
    sentence_passage: float = 0.25  # how much of its passage's score is added to a sentence's score
    exact: int = 4096  # in scopes of at most this many sentences, all of them are candidates
    candidates: int = 200  # how many candidates each source gives in larger scopes
    # The reranker's share of the order of quotes; the fusion has the rest. From .3 on the essay's figures stay and
    # those of user reviews rise; at .5 the essay loses one question of 45.
    reranker_share: float = 0.4

    def __post_init__(self) -> None:
        for name in ("passage_lexical", "best_sentence", "sentence_lexical", "pair", "reranker_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be a share from 0 to 1, not {getattr(self, name)}.")
        if not 0 <= self.sentence_passage < math.inf:
            raise ValueError(f"sentence_passage must be 0 or more, not {self.sentence_passage}.")
        if self.exact < 0 or self.candidates < 1:
            raise ValueError(
                f"exact must be 0 or more and candidates 1 or more, not {self.exact} and {self.candidates}."
            )


NAMED_RANKINGS = {
    "default": RankingSettings(),
    "dense": RankingSettings(passage_lexical=0, sentence_lexical=0),
    "bm25": RankingSettings(passage_lexical=1, sentence_lexical=1),
}
"""The default weights, only vectors, and only BM25. The states come from raw scores, whatever the weights."""


def named_ranking(name: str) -> RankingSettings:
    """Return the ranking of that name.

    Raises:
        ValueError: there is none; the message lists the names.
    """
    if name not in NAMED_RANKINGS:
        raise ValueError(f"There is no ranking {name!r}. Use one of these: {', '.join(NAMED_RANKINGS)}.")
    return NAMED_RANKINGS[name]


TITLE_MARGIN: float = 0.1
"""How much closer a sentence elsewhere must be, in cosine, for each sign that the words of a title in a question name
the review: each content word of the title, its capitals, that no other review has these words, and twice a place where
questions name a work ("who directed memory"). Chosen on 35 made questions about nine reviews."""

SHORTEST_INITIALS: int = 3
"""People call a title of so many words by its initials: LOTR. They count where they are no ordinary word. A guess."""

SHORTEST_TITLE_PART: int = 4
"""One word of a title, or somebody's last name, stands for the whole from so many letters on: *Pickwick*. A guess."""

SHORTEST_NEAR_WORD: int = 4
"""A misspelt word of a title has at least so many letters. Fewer are too often another word. A guess."""

MAX_NEAR_TITLES: int = 64
"""A word that is rare in more titles than this finds no misspelt title, so that the time stays short. A guess."""

NEAR_TITLE_SIMILARITY: float = 0.85
"""The least similarity of a misspelt title and the title: 1 minus the share of letters to change. A guess."""

LONGEST_NAME: int = 2
"""A title of so many words without a function word may be somebody's name: *Emma*, *David Copperfield*. A guess."""

MAX_REPEATED_CANDIDATES: int = 12_800
"""If more than half of a source's candidates repeat others, the source is asked for more, up to this many. A guess."""

NEAR_DUPLICATE_COSINE: float = 0.95
"""The least cosine of two sentences that say the same. Of 27 made pairs, those with other marks or articles
have .954 and more."""

NEAR_DUPLICATE_WORDS: float = 0.75
"""The least similarity of the words of two such sentences in their order, from 0 to 1: .33 for *Kathy loves Tommy* and
*Tommy loves Kathy*, which have a cosine of .98. A guess."""

# Metadata: questions about the collection.

MAX_LISTED: int = 1000
"""The most reviews that an answer lists, whatever their number. `review-bot reviews` lists every one."""

SLIP_LETTERS: int = 5
"""The fewest letters of a word of such a question that is corrected if one letter is wrong. A guess."""

MAX_CONTEXT: int = 5
"""How many earlier questions a question about the collection takes into account. A guess."""

UNDERSTOOD_QUESTIONS: int = 512
"""Questions of which it is remembered whether they are about the collection. A guess."""

FACT_TABLES: int = 64
"""Sets of collections whose facts are kept joined in memory: 32 bytes a review each. A guess."""

MOST_WORDS: int = 30
"""The most words of a question about the collection. A guess."""

RECOMMENDATIONS: int = 3
"""How many of the best rated reviews "recommend a film" lists. A guess."""

EXTREMES: int = 5
"""How many reviews "the best films" or "the latest reviews" lists. A guess."""

# Reranking: the best sentences scored again.

RERANKER_MAX_TOKENS: int = 112
"""The most tokens of a window with its question, special tokens included; the rest is read in another pass. The
shipped reranker was trained with this limit."""

RERANKER_QUESTION_TOKENS: int = 64
"""How many tokens of `RERANKER_MAX_TOKENS` a question may take from the sentences; of a longer one the end is read. No
question of the development set with the question before it has more. A guess."""

RERANKER_WINDOW_SENTENCES: int = 5
"""The most sentences of a window. The shipped reranker was trained with as many."""

RERANKER_WINDOW_CHARACTERS: int = 160
"""A window takes in neighbours of its sentence up to this many characters. Measured in the training's README: six
windows of 160 characters order better than two of 420 for the same time."""

RERANKER_CHARACTERS: int = 640
"""Windows are added until they have this many characters in all, about 220 tokens and 31 ms on one core. The last
window may go beyond."""

# Answering: a ranking to an answer.

TOP_SENTENCES: int = 30
"""How many of the best sentences the reranker and the cast rule may reorder. A guess."""

CAST_BONUS: float = 1.0
"""What a sentence that names the performer gains in score where a question asks for one: more than any other sentence
can be ahead. The rule puts .04 more of the development questions first."""

QUOTE_CANDIDATES: int = 5
"""How many of the best sentences may become quotes. Five are as often right as more, and shorter, on the development
questions."""

MAX_QUOTES: int = 3
"""The most quotes of an answer."""

QUOTE_GAP: float = 0.3
"""How much lower than the best sentence's score, which is at most 2, the first sentence of another quote may score. On
four sets (evaluation's README) it raises the share of right quotes from .24-.38 to .47-.83, for .00 to .04 fewer
questions with a right quote."""


@dataclass(frozen=True, slots=True)
class VerdictWeights:
    """What speaks for a sentence as the verdict of its review, beside its cosine with a model answer.

    Chosen by reading the first sentences for 13 reviews, and read again for 11 others (evaluation's README).
    """

    centre: float = 0.1  # times the cosine with the mean of the review's sentences
    judges_work: float = 0.16  # an evaluative word in a sentence that is about the work
    judges: float = 0.04  # an evaluative word in any other sentence
    names: float = 0.12  # the title, the work or an alias
    asked: float = 0.05  # a content word of the question, such as "best"
    heading: float = 0.15  # stands under a heading such as "Verdict"
    edge: float = 0.08  # the first or the last sentence of the review; less for those beside them
    length: float = 0.1  # taken away from a sentence that is very short or very long


VERDICT_WEIGHTS = VerdictWeights()

VERDICT_SCALE: float = 5.0
"""What a difference between two verdicts counts as in the scores of the ranking, for `QUOTE_GAP`."""

MIN_QUOTE_WORDS: int = 4
"""A quote of fewer words, such as "He was right.", can't be understood alone."""

MAX_QUOTE_SENTENCES: int = 3
"""The most sentences of a quote, which neighbours share."""

RERANKER_CONFIDENCE_SHARE: float = 0.6
"""The share of the confidence that the reranker can add or take away. As a factor it can't lift a question that no
sentence is close to; as a sum it did (training's README)."""

UNMENTIONED_FACTOR: float = 0.5
"""What remains of the confidence where an abstention rule applies. .5 gives a higher AUROC than .7 on the development
questions (.873 against .866)."""

OFF_TOPIC_COSINE: float = 0.18
"""A follow-up whose closest sentence has a lower cosine than this with the follow-up alone is off-topic. Chosen on the
development questions."""

OFF_TOPIC_STANDALONE_COSINE: float = 0.3
"""The same limit for a question that has no word that points back. Chosen on the development questions."""

LONGEST_ABSENT_NAME: int = 8
"""The most words of the name of a work that no review is of; more are no name. A guess."""

REVIEW_INTERCEPT: float = -0.5
"""The logit that a question which names no review is about the one that is quoted, before its signs. This and the two
weights below were fitted to half of the documents of amazon_reviews, in shelves of 2 to 1,000 reviews, to the Dickens
shelf without its held-out third, and to 240 askings of 30 questions that fit any review (evaluation's README)."""

REVIEW_WORDS_WEIGHT: float = 0.82
"""What the words of a question add to that logit for each unit of information, in natural logarithms, beyond what tells
one of all reviews. See above."""

REVIEW_WORDS_LIMIT: float = 8.0
"""The most information that counts, either way: a question of many words isn't ever surer. A guess."""

REVIEW_LEAD_WEIGHT: float = 7.9
"""What the lead of the quoted review's best sentence adds to that logit, for each unit of cosine. See above."""

NEAREST_TITLE_SIMILARITY: float = 60.0
"""The least similarity, of 100, of an absent work's name and a title that is shown as one of the nearest. A guess."""

MAX_CHOICES: int = 5
"""The most reviews to choose from where it isn't clear which one a question is about. A guess."""

UNCLEAR_REVIEW: float = 0.5
"""Below this probability that a question which names no review is about the quoted one, the answer asks back. The
confidence is lower still, because this is a factor of it."""

TITLE_CASE_WORDS: int = 3
"""A question of at least this many words, all capitalised, is written in title case: its capitals mark no names. A
guess."""

UNCALIBRATED_ANSWERED: float = 0.37
"""The confidence of `answered` for an encoder or a reranker without calibration: the default encoder's."""

UNCALIBRATED_NEAREST: float = 0.32
"""The confidence of `nearest` for an encoder or a reranker without calibration: the default encoder's."""

UNCALIBRATED_RERANKER_MIDDLE: float = 0.0
"""The score that a reranker without calibration gives a sentence that as likely as not answers: even odds of a
logit."""

UNCALIBRATED_RERANKER_SPREAD: float = 4.0
"""How far from the middle the scores of a reranker without calibration are nearly certain. A guess for logits."""

# Evaluation: what measures the engine.

EVALUATION_PASSAGES: int = 30
"""How many passages a question retrieves at first. More are retrieved until they are of ten documents."""

BOOTSTRAP_RESAMPLES: int = 2_000
"""How many resamples a bootstrap interval is made of. A guess: with more, intervals move in the third decimal."""

PERMUTATIONS: int = 10_000
"""How many random sign flips a permutation test makes; the smallest p is 1 in 10,001. A guess."""

RELIABILITY_BINS: int = 10
"""How many bins of equal width the expected calibration error has: the convention since Guo et al. (2017)."""

RELIABILITY_RESAMPLES: int = 1_000
"""How many draws show the calibration error that chance alone makes. A guess: with more, it moves in the fourth
decimal."""

SIGNIFICANCE_LEVEL: float = 0.05
"""A difference with a lower two-sided p is significant: the convention."""

SMALL_SAMPLE_QUESTIONS: int = 200
"""Below this many questions, tables show the interval before the value. A guess."""

CALIBRATION_FOLDS: int = 5
"""How many folds cross-validate the thresholds, and half the least number of questions of either kind. A guess."""

CALIBRATION_REPEATS: int = 40
"""How many times the folds are drawn, so that the thresholds don't depend on one draw. A guess."""

CALIBRATION_LOWEST_SCORE: float = 0.01
"""Lower raw scores count as this one where probabilities are fitted to their logarithms. A guess."""

CALIBRATION_PRIOR: tuple[float, float] = (8.0, 1.0)
"""How strongly `calibrate` holds the slope and the intercept of its curve near those of the program. Fitted to a third
of a set and judged on the rest, this lowers the ECE of the development questions from .158 to .142, of the Dickens
shelf from .109 to .095 and of amazon from .096 to .087 (by chance .128, .082 and .082)."""

CALIBRATION_REFUSED: float = 0.6
"""The least share of unanswerable questions that `calibrate` refuses, unless the caller says otherwise."""

CALIBRATION_LOST: float = 0.05
"""The largest share of answerable questions that may be `unanswered`, unless the caller says otherwise. A guess."""

CALIBRATION_TRADE_OFF: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""The shares of refused questions for which `calibrate` shows what would be kept."""

UNANSWERABLE_KINDS: tuple[str, ...] = ("off-topic", "other-film")
"""The kinds of question that must be `unanswered`, unless the caller says otherwise."""

CLUSTER_MIN_COSINE: float = 0.55
"""The least cosine of a question and its cluster's centre, for the default encoder. Of 43 unanswered questions about 12
subjects (`tests/embeddings/evaluation/test_clustering.py`), clusters hold 20 of 59 pairs about one subject and 6 of 844
about two; 22 and 13 at .50, 12 and 4 at .60. Of 600 unanswerable questions of SQuAD 2.0, 9 of 377 clusters mix
articles; 11 of 322 at .50, 3 of 449 at .60. Two clusters about one subject are better than one that mixes two."""

LABEL_PASSAGES: int = 5
"""How many of the closest passages `label` shows. A guess."""

REPORT_QUESTIONS: int = 300
"""The most questions on a report page, worst first: what a browser shows without delay. A guess."""

REPORT_BINS: int = 25
"""How many bars the plot of confidences has for each kind of question. A guess."""

RISK_COVERAGE_POINTS: int = 100
"""The most points of a risk-coverage curve in a plot and in JSON. A guess."""

SWEEP_MIN_TOKENS: int = 16
"""The smallest passage size that a sweep takes, in tokens. A guess."""
