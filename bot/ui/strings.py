"""Everything the bot says, by language. English is the only catalogue for now.

Words in braces are filled in by `bot.ui.text` and `bot.cogs.browse.pages`; what they stand for is neutralised already
where the place reads markdown. A new language is one more `Catalogue` in `CATALOGUES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One language's words."""

    locale: str
    """The language, as Discord writes it."""

    # An answer's three states.
    answered_by_one: str
    answered_by_several: str
    answered_from_reviews: str
    nearest_one: str
    nearest_many: str
    unanswered: str
    unanswered_in: str
    unanswered_hint: str
    more_passages_of: str
    no_more_passages: str

    # Where a quote stands.
    place: str
    place_without_heading: str
    source: str
    cut: str
    spoiler_heading: str
    untitled: str

    # Buttons and menus; plain text, at most 80 characters.
    read_in_context: str
    read_number_in_context: str
    more_passages: str
    ask_follow_up: str
    share: str
    helpful: str
    not_helpful: str
    delete: str
    earlier: str
    later: str
    whole_section: str
    contents: str
    all_reviews: str
    pick_section: str
    pick_review: str

    # Reading.
    paragraph_of: str
    paragraphs_of: str
    empty_section: str
    contents_of: str
    no_sections: str
    no_such_section: str
    reviews_heading: str
    reviews_of: str
    no_reviews: str
    review_line: str

    # The follow-up form: plain text, titles at most 45 characters.
    form_title: str
    form_label: str
    form_placeholder: str

    # Help.
    help_heading: str
    help_intro: str
    help_ask: str
    help_ask_alone: str
    help_for_example: str
    help_examples: tuple[str, ...]
    help_follow_up: str
    help_follow_up_alone: str
    help_read: str
    help_private: str
    help_manage: str

    # Server settings.
    settings_heading: str
    settings_public: str
    settings_private: str
    settings_hidden: str
    settings_shown: str
    settings_mentions_everywhere: str
    settings_mentions_in: str
    settings_default_review: str
    settings_no_default_review: str
    settings_keeps: str
    settings_keeps_nothing: str
    settings_deleted_one: str
    settings_deleted_many: str
    settings_not_allowed: str

    # Adding and removing a server's own reviews.
    add_heading: str
    replace_heading: str
    add_about: str
    sections_one: str
    sections_many: str
    words_one: str
    words_many: str
    add_more_sections: str
    add_flag: str
    add_flagged: str
    add_none_flagged: str
    add_replaces: str
    add_namesake: str
    add_one_section: str
    add_converted: str
    add_it: str
    replace_it: str
    adding: str
    added: str
    added_but_not_indexed: str
    remove_heading: str
    remove_about: str
    remove_warning: str
    remove_it: str
    removing: str
    removed: str
    removed_but_indexed: str
    cancel: str
    nothing_changed: str
    upload_gone: str
    keeping_not_allowed: str
    keeping_not_own: str

    # What was asked in vain.
    gaps_heading: str
    gaps_count: str
    gaps_line: str
    gaps_also: str
    gaps_more: str
    gaps_none: str
    gaps_not_kept: str

    # What is stored.
    privacy_heading: str
    privacy_kept_here: str
    privacy_not_kept_here: str
    privacy_never_here: str
    privacy_questions: str
    privacy_verdicts: str
    privacy_servers: str
    privacy_memory: str
    privacy_elsewhere: str
    privacy_rights: str
    export: str
    exported: str
    erase: str
    erase_sure: str
    erase_confirm: str
    erased: str

    # When it doesn't go as hoped.
    busy: str
    expired: str
    failed: str
    not_yours: str
    no_such_review: str
    which_review: str
    review_gone: str
    question_too_short: str
    question_too_long: str
    thanks: str
    shared: str
    deleted: str
    cooldown_one: str
    cooldown_many: str
    press_cooldown_one: str
    press_cooldown_many: str
    ask_me_something: str
    menu_without_text: str
    unread_reply: str
    unread_role: str

    def cooldown(self, seconds: float) -> str:
        """How long to wait, rounded up to whole seconds."""
        return _wait(seconds, self.cooldown_one, self.cooldown_many)

    def press_cooldown(self, seconds: float) -> str:
        """The same for a button that searches."""
        return _wait(seconds, self.press_cooldown_one, self.press_cooldown_many)

    def settings_deleted(self, count: int) -> str:
        """How many kept questions were deleted."""
        return self.settings_deleted_one if count == 1 else self.settings_deleted_many.format(count=count)

    def counted_sections(self, count: int) -> str:
        """How many sections there are."""
        return self.sections_one if count == 1 else self.sections_many.format(count=count)

    def counted_words(self, count: int) -> str:
        """How many words there are."""
        return self.words_one if count == 1 else self.words_many.format(count=f"{count:,}")


def _wait(seconds: float, one: str, many: str) -> str:
    whole = max(1, -int(-seconds // 1))
    return one if whole == 1 else many.format(seconds=whole)


ENGLISH = Catalogue(
    locale="en",
    answered_by_one="💬 In the reviewer’s own words:",
    answered_by_several="💬 In the reviewers’ own words:",
    answered_from_reviews="💬 In the reviews’ own words:",
    nearest_one="🔎 **The review may not say.** The closest passages are:",
    nearest_many="🔎 **The reviews may not say.** The closest passages are:",
    unanswered="🍂 **The reviews don’t say.**",
    unanswered_in="🍂 **{title} doesn’t say.**",
    unanswered_hint="Try other words, or browse what there is with `/reviews` and `/sections`.",
    more_passages_of="🔎 Further passages, the closest first:",
    no_more_passages="There are no further passages.",
    place="{title} › {heading}, paragraph\u00a0{paragraph}",
    place_without_heading="{title}, paragraph\u00a0{paragraph}",
    source="source",
    cut="\\[…\\]",
    spoiler_heading="Hidden: spoilers",
    untitled="Untitled",
    read_in_context="Read in context",
    read_number_in_context="Read {number} in context",
    more_passages="More passages",
    ask_follow_up="Ask a follow-up",
    share="Share",
    helpful="Helpful",
    not_helpful="Not helpful",
    delete="Delete",
    earlier="Earlier",
    later="Later",
    whole_section="Whole section",
    contents="Contents",
    all_reviews="All reviews",
    pick_section="Read a section",
    pick_review="Choose a review",
    paragraph_of="paragraph {first} of {total}",
    paragraphs_of="paragraphs {first}–{last} of {total}",
    empty_section="There is nothing under this heading.",
    contents_of="Sections {first}–{last} of {total}",
    no_sections="This review has no sections.",
    no_such_section="There is no section “{section}” in this review. These are there:",
    reviews_heading="Reviews",
    reviews_of="{first}–{last} of {total}",
    no_reviews="There are no reviews here yet.",
    review_line="{title} ({about})",
    form_title="Ask a follow-up",
    form_label="Your question",
    form_placeholder="and who plays her?",
    help_heading="Ask about the reviews",
    help_intro=(
        "You get the reviewer’s own sentences back, each with its place in the review, or an honest “they don’t say”."
    ),
    help_ask=(
        "**Ask**: `/ask`, mention me, reply to one of my answers, write to me directly, or choose "
        "*Ask the reviews about this* in a message’s menu, under *Apps*."
    ),
    help_ask_alone=(
        "**Ask**: `/ask`, write to me directly, or choose *Ask the reviews about this* in a message’s menu, under "
        "*Apps*. I’m not a member here, so I don’t hear mentions and replies."
    ),
    help_for_example="For example:",
    help_examples=(
        "What does the review of {title} say about {topic}?",
        "How is {topic} described in {title}?",
        "What role does {topic} play in {title}?",
    ),
    help_follow_up=(
        "**Follow up**: reply to an answer, or press *Ask a follow-up*: “and who plays her?” is understood. "
        "`/ask` begins anew."
    ),
    help_follow_up_alone=(
        "**Follow up**: press *Ask a follow-up*: “and who plays her?” is understood. `/ask` begins anew."
    ),
    help_read="**Read**: `/section` opens a section, `/sections` shows a review’s contents, `/reviews` lists them all.",
    help_private="**In private**: `/ask` with `private: True` answers you alone; *Share* then posts it for all.",
    help_manage=(
        "**Add reviews**: as you manage this server, `/review add` takes a file that this server alone can ask; "
        "`/review remove` takes it out, `/settings` changes how I behave."
    ),
    settings_heading="How I behave in this server",
    settings_public="**Answers** to `/ask` are for all, unless the asker says `private: True`.",
    settings_private="**Answers** to `/ask` are for the asker alone, unless they say `private: False`.",
    settings_hidden="**Spoilers** stay behind spoiler marks.",
    settings_shown="**Spoilers** are shown like everything else.",
    settings_mentions_everywhere="**Mentions** are answered in every channel.",
    settings_mentions_in="**Mentions** are answered in {channels}.",
    settings_default_review="**Questions** are about {title}, unless they name another review.",
    settings_no_default_review="**Questions** are about all reviews, unless they name one.",
    settings_keeps="**What is asked** is kept for {days} days, so that you see with `/gaps` what found no answer.",
    settings_keeps_nothing="**What is asked** isn’t kept.",
    settings_deleted_one="1 kept question was deleted.",
    settings_deleted_many="{count} kept questions were deleted.",
    settings_not_allowed="Only those who may manage the server can see and change its settings.",
    add_heading="Add this review?",
    replace_heading="Replace a review?",
    add_about="{slug} · {sections} · {words}",
    sections_one="one section",
    sections_many="{count} sections",
    words_one="one word",
    words_many="{count} words",
    add_more_sections="… and {count} more",
    add_flag=" 🙈",
    add_flagged="🙈 flagged as spoilers: {count}",
    add_none_flagged="No section is flagged as a spoiler.",
    add_replaces="⚠️ **This replaces {title}**, which has the same short name. Its text is gone then.",
    add_namesake="⚠️ Another review has this title: {slug}. Questions would be answered from both.",
    add_one_section="⚠️ No headings were found, so all of it is one section.",
    add_converted="⚠️ This was made from another format. Look whether it is all of the review, and nothing else.",
    add_it="Add it",
    replace_it="Replace it",
    adding="⏳ **{title}** is saved. Reading it takes a moment…",
    added="✅ **{title}** can be asked now, in this server alone. Try `/ask`.",
    added_but_not_indexed=(
        "💾 **{title}** is saved, but can’t be asked yet: the index can’t be brought up to date. "
        "Those who run this bot find the reason in its log."
    ),
    remove_heading="Remove this review?",
    remove_about="{sections}",
    remove_warning="Its file is deleted, and nobody can ask it any more.",
    remove_it="Remove it",
    removing="⏳ **{title}** is deleted. Forgetting it takes a moment…",
    removed="🗑️ **{title}** is removed.",
    removed_but_indexed=(
        "🗑️ **{title}** is deleted, but may be quoted for a while: the index can’t be brought up to date. "
        "Those who run this bot find the reason in its log."
    ),
    cancel="Cancel",
    nothing_changed="Nothing was changed.",
    upload_gone="This upload is not at hand any more. Please use `/review add` again.",
    keeping_not_allowed="Only those who may manage the server can add and remove its reviews.",
    keeping_not_own="**{title}** isn’t a review of this server’s own, so it can’t be removed here.",
    gaps_heading="Asked in vain",
    gaps_count="What found no answer, or only what is near one, in the last {days} days. Questions: {questions}.",
    gaps_line="**{count} ×** {question}",
    gaps_also="-# also: {questions}",
    gaps_more="-# Further groups of questions: {groups}.",
    gaps_none="Nothing was asked in vain in the last {days} days.",
    gaps_not_kept=(
        "Questions aren’t kept in this server, so there is nothing to see. `/settings` with `questions: kept` changes "
        "that; members can read in `/privacy about` what it means."
    ),
    privacy_heading="What I store",
    privacy_kept_here="**In this server questions are kept**, for {days} days: its managers have chosen that.",
    privacy_not_kept_here="**In this server questions are not kept.**",
    privacy_never_here="**Here questions are never kept**, only in servers whose managers have chosen that.",
    privacy_questions=(
        "**Questions.** Where a server’s managers turn it on with `/settings`, I store of a question that I have "
        "answered: its words, the day, the server, your user ID, the state of the answer and how sure I was of it, the "
        "review it was narrowed to, the collections of reviews that were searched, a random number, and the number of "
        "the question that it went on from. Your user ID is there so that the commands below find what is yours. "
        "Managers see the words, with `/gaps`, not who asked; whoever runs me could see both. After {days} days it is "
        "deleted. Never stored: questions in direct messages, through an app that you added for yourself alone, and "
        "with `private: True`."
    ),
    privacy_verdicts=(
        "**Verdicts.** I count how often *Helpful* and *Not helpful* were pressed below an answer, by its message ID "
        "and its server, not by person."
    ),
    privacy_servers=(
        "**Servers.** I store of a server its ID and what its managers chose: whether answers are private, spoilers "
        "hidden, questions kept, the channels in which I answer mentions, the review that is meant by default, reviews "
        "of its own, a digest of my commands there; and when I noticed that I had been removed. {days} days after that "
        "all of it is deleted, the questions with it."
    ),
    privacy_memory=(
        "**In memory**, until I am restarted: the last {turns} questions of a conversation for {minutes} minutes, so "
        "that I understand follow-ups; for {hours} hours who pressed which verdict, and the messages that I replied "
        "to, so that my replies follow them; whom I have told why a message can’t be read; when you last asked; a "
        "review that you have uploaded, until you add it. My log has nobody’s questions."
    ),
    privacy_elsewhere=(
        "**Elsewhere.** My answers stand in Discord until you press *Delete* below them. Whoever runs me may have made "
        "backups, which keep what was in them."
    ),
    privacy_rights="`/privacy export` hands you what is yours, `/privacy delete` deletes it at once, in every server.",
    export="Export my data",
    exported="This is all that I have of you. Stored questions: {questions}.",
    erase="Delete my data",
    erase_sure=(
        "**Delete all that I have of you, in every server?** Stored questions: {questions}; questions in memory: "
        "{remembered}. It can’t be undone."
    ),
    erase_confirm="Delete it now",
    erased="Deleted. I have nothing of you any more.",
    busy="There are a lot of questions at once. Please ask again in a moment.",
    expired="This button has expired: the reviews have changed since. Please ask again.",
    failed="Something went wrong on my side. Please try again.",
    not_yours="Only the person who asked can delete this answer.",
    no_such_review="There is no review “{review}” here. `/reviews` lists those that there are.",
    which_review="I’m not sure which review you mean by “{review}”. Perhaps one of these: {titles}?",
    review_gone="This review is gone: the reviews have changed since. `/reviews` lists those that there are.",
    question_too_short="That is a little short: a question has at least {shortest} characters.",
    question_too_long="That is a little long: a question has at most {longest} characters.",
    thanks="Thank you, noted.",
    shared="Shared.",
    deleted="Deleted.",
    cooldown_one="One moment, please: you can ask again in a second.",
    cooldown_many="One moment, please: you can ask again in {seconds} seconds.",
    press_cooldown_one="One moment, please: press again in a second.",
    press_cooldown_many="One moment, please: press again in {seconds} seconds.",
    ask_me_something="Ask me something about the reviews, or see `/help`.",
    menu_without_text="That message has no text that I could look up.",
    unread_role=(
        "You have mentioned my role, and then Discord doesn’t let me read what you say. If this was a question: "
        "mention me myself, or use `/ask`."
    ),
    unread_reply=(
        "I can only read replies that mention me. If this was a question: reply again with the mention on, "
        "or press *Ask a follow-up* under the answer."
    ),
)

CATALOGUES: Mapping[str, Catalogue] = {ENGLISH.locale: ENGLISH}


def catalogue(locale: str | None) -> Catalogue:
    """The words for one of Discord's locales (`en-GB`, `de`): its own, its language's, else English."""
    if locale is None:
        return ENGLISH
    return CATALOGUES.get(locale) or CATALOGUES.get(locale.partition("-")[0]) or ENGLISH
