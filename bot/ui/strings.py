"""Everything that the bot says to members, by language. English is the only language for now.

A text's placeholders, in braces, are filled in by `bot.ui.text` and the pages in `bot.cogs`, which escape what they
fill in where the text is Markdown. To add a language, add a `Catalogue` with every field to `CATALOGUES`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plural:
    """A text with a count."""

    one: str
    many: str

    def __call__(self, count: float, **values: object) -> str:
        """Return the text for a count, which is rounded up to a whole number of at least 1."""
        whole = max(1, math.ceil(count))
        return (self.one if whole == 1 else self.many).format(count=whole, **values)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One language's texts; the defaults are English."""

    locale: str = "en"
    """The language, as Discord writes it."""

    # The three states of an answer.
    answered_in_one: str = "-# 💬 **{title}**, in the reviewer’s words"
    answered_by_one: str = "-# 💬 In the reviewer’s own words"
    answered_by_several: str = "-# 💬 In the reviewers’ own words"
    answered_from_reviews: str = "-# 💬 In the reviews’ own words"
    nearest: str = "🔎 **The reviews may not say.** The closest passage:"
    nearest_in: str = "🔎 **{title} may not say.** The closest passage:"
    unanswered: str = "🍂 **The reviews don’t say.**"
    unanswered_in: str = "🍂 **{title} doesn’t say.**"
    looked_in: str = "-# I looked in {titles}. Try other words."
    looked_in_all: Plural = Plural("-# I looked in one review.", "-# I looked in {count:,} reviews. Try other words.")
    both: str = "{first} and {second}"
    either: str = "{first} or {second}"
    listed: str = "📚 {heading}"
    listed_fact: str = "{name}: {fact}"
    listed_name: Plural = Plural("**{name}**, 1 review", "**{name}**, {count} reviews")
    absent: str = "🍂 **There is no review of {name}.**"
    absent_nearest: str = "🍂 **There is no review of {name}.** The nearest titles: {titles}."
    unclear: str = "🤔 **Which review do you mean?** It may be {titles}."
    more_passages_of: str = "🔎 Further passages, closest first:"
    last_passages: str = "-# Nothing else is close to this question."
    no_more_passages: str = "No other passage is close to this question."

    # Citations.
    citation: str = "{place} ¶{paragraph}"
    place: str = "{title} › {heading}"
    quoted: str = "quoted by the reviewer"
    source: str = "source"
    omission: str = "\\[…\\]"
    spoiler_heading: str = "Hidden: spoilers"
    untitled: str = "Untitled"

    # Buttons and menus: plain text of at most 80 characters.
    read_in_context: str = "Read in context"
    read_one_in_context: str = "In context"
    numbered_place: str = "{number} · {place}"
    more_passages: str = "More"
    ask_follow_up: str = "Ask a follow-up"
    share: str = "Share"
    browse_reviews: str = "Browse reviews"
    pick_near_title: str = "Open a near title"
    delete: str = "Delete"
    earlier: str = "Earlier"
    later: str = "Later"
    whole_section: str = "Whole section"
    contents: str = "Contents"
    all_reviews: str = "All reviews"
    pick_section: str = "Read a section"
    pick_review: str = "Choose a review"

    # Reading.
    paragraph_of: str = "paragraph {first} of {total}"
    paragraphs_of: str = "paragraphs {first}–{last} of {total}"
    empty_section: str = "This section has no text."
    contents_of: str = "Sections {first}–{last} of {total}"
    no_sections: str = "This review has no sections."
    no_such_section: str = "There is no section “{section}” in this review. It has these:"
    reviews_heading: str = "Reviews"
    reviews_of: str = "{first}–{last} of {total}"
    no_reviews: str = "There are no reviews here yet."
    no_years: str = "“{typed}” is no year. Try 1994, 1990s, 1990-1995 or “before 1960”."
    review_line: str = "{title} ({about})"
    shared_review: str = "in all servers"
    own_review: str = "this server’s own"

    # The follow-up form: plain text, the title and the label of at most 45 characters.
    form_title: str = "Ask a follow-up"
    form_label: str = "Your question"
    form_placeholder: str = "and who plays her?"

    # Help.
    help_heading: str = "Ask about the reviews"
    help_intro: str = (
        "You get the reviewer’s own sentences, each with its place in the review, or an honest “the reviews don’t say”."
    )
    help_ask: str = (
        "**Ask**: `/ask`, mention me, reply to one of my answers, or write to me directly. A message’s menu has "
        "*Ask the reviews about this* under *Apps*."
    )
    help_ask_alone: str = (
        "**Ask**: `/ask`, or write to me directly. A message’s menu has *Ask the reviews about this* under *Apps*. "
        "I’m not a member here, so I can’t see mentions and replies."
    )
    help_pick_example: str = "Try an example"
    help_not_here: str = "**Here** I may not write, so only commands work in this channel."
    help_for_example: str = "For example:"
    help_about: str = "What is {title} about?"
    help_example: str = "Tell me about “{heading}”."
    help_follow_up: str = (
        "**Follow up**: reply to an answer with “and who plays her?”; below a private one, press *Ask a follow-up*. "
        "`/ask` starts a new conversation."
    )
    help_follow_up_alone: str = (
        "**Follow up**: press *Ask a follow-up*, and write “and who plays her?”. `/ask` starts a new conversation."
    )
    help_read: str = "**Read**: `/reviews`, `/sections`, `/section`."
    help_private: str = "**In private**: `/ask` with `private: True`. *Share* then posts the answer for everyone."
    help_data: str = "**Your data**: `/privacy about`, `/privacy export`, `/privacy delete`."
    help_manage: str = "**Manage**: `/settings`, `/review add`, `/review edit`, `/review remove`, `/gaps`."

    # Server settings.
    settings_heading: str = "How I behave in this server"
    settings_public: str = "**Answers** to `/ask` are public, unless a member chooses `private: True`."
    settings_private: str = "**Answers** to `/ask` are private, unless a member chooses `private: False`."
    settings_hidden: str = "**Spoilers** are hidden behind spoiler marks."
    settings_shown: str = "**Spoilers** are shown like everything else."
    settings_mentions_everywhere: str = "**Mentions** get an answer in every channel."
    settings_mentions_in: str = "**Mentions** get an answer in {channels}."
    settings_default_review: str = "**Questions** are about {title}, unless they name another review."
    settings_no_default_review: str = "**Questions** are about all reviews, unless they name one."
    settings_stores: str = "**This server stores questions** for {days} days, for `/gaps`."
    settings_stores_nothing: str = "**This server doesn’t store questions**, so `/gaps` is empty."
    settings_deleted: Plural = Plural("1 stored question was deleted.", "{count} stored questions were deleted.")
    settings_make_private: str = "Make private"
    settings_make_public: str = "Make public"
    settings_hide: str = "Hide spoilers"
    settings_show: str = "Show spoilers"
    settings_store: str = "Store"
    settings_store_no_more: str = "Stop and delete"
    settings_pick_channels: str = "Every channel"
    settings_all_reviews: str = "All reviews"
    settings_too_many_reviews: str = "-# `/settings` with `default_review` chooses one of many reviews."
    settings_more_channels: str = "-# What you choose here replaces the list."
    settings_saved_at_once: str = "-# Every change is saved at once."
    settings_not_allowed: str = "Only server managers can see and change the settings."

    # A server's own reviews.
    add_heading: str = "Add this review?"
    replace_heading: str = "Replace a review?"
    add_many_heading: Plural = Plural("Add one review?", "Add {count} reviews?")
    uploaded_heading: str = "Review {number} of {total}"
    add_nothing_heading: str = "Nothing to add"
    add_by: str = "reviewed by {author}"
    add_replacing: str = "♻️ replaces the stored one"
    add_stored: str = "stored already"
    add_excluded: str = "left out"
    add_is_stored: str = "This review is stored already as it is."
    add_is_excluded: str = "This review will be left out."
    add_spoilers: str = "🙈 {count}"
    add_left_out: str = "⚠️ **Left out** ({count}):"
    add_mended: str = "🔧 **Mended** ({count}):"
    add_note: str = "- {file}: {reason}"
    add_note_with_line: str = "- {file}, line {line}: {reason}"
    add_problem: str = "⛔ {problem}"
    add_about: str = "{slug} · {sections} · {words}"
    counted_sections: Plural = Plural("one section", "{count} sections")
    counted_reviews: Plural = Plural("one review", "{count:,} reviews")
    counted_words: Plural = Plural("one word", "{count:,} words")
    add_more_sections: str = "… and {count} more"
    add_flag: str = " 🙈"
    add_flagged: str = "🙈 Spoiler sections: {count}"
    add_none_flagged: str = "No section is marked as a spoiler."
    add_replaces: str = "⚠️ **This replaces the stored review** of that title. This deletes its text."
    add_namesake: str = "⚠️ Another review has this title: {slug}. Questions will be answered from both."
    add_one_section: str = "⚠️ There are no headings, so the review is a single section."
    add_converted: str = "⚠️ Converted from another format. Check that nothing is missing."
    add_it: str = "Add it"
    replace_it: str = "Replace it"
    add_several: str = "Add {added}"
    replace_several: str = "Replace {replaced}"
    add_and_replace: str = "Add {added}, replace {replaced}"
    edit_it: str = "Edit"
    exclude_it: str = "Leave out"
    include_it: str = "Take in again"
    back_to_upload: str = "Back to the list"
    pick_uploaded: str = "Look at, edit or leave out a review"
    stored_reviews: Plural = Plural("One review is", "{count:,} reviews are")
    adding_several: str = "⏳ {reviews} saved. Indexing takes a moment…"
    added_several: str = "✅ {reviews} ready. Only this server can see them. Try `/ask`."
    several_not_indexed: str = (
        "💾 {reviews} saved but not ready, because the index can’t be updated. The bot’s log tells its operator why."
    )
    added_some: str = "⚠️ Only {count} of {total} were added. {problem} Send the files again for the others."
    stored_already: str = "**{title}** is stored already. Nothing changed."
    one_name: str = "A name is for one review, and these are {count}. Leave the name out."
    nothing_to_add: str = "The upload has no review:"
    adding: str = "⏳ **{title}** is saved. Indexing it takes a moment…"
    added: str = "✅ **{title}** is ready. Only this server can see it. Try `/ask`."
    added_but_not_indexed: str = (
        "💾 **{title}** is saved but not ready, because the index can’t be updated. "
        "The bot’s log tells its operator why."
    )
    remove_heading: str = "Remove this review?"
    remove_about: str = "{sections}"
    remove_warning: str = "This deletes its file. Nobody can ask about it any more."
    remove_it: str = "Remove it"
    removing: str = "⏳ Deleting **{title}**…"
    removed: str = "🗑️ **{title}** is removed."
    removed_but_indexed: str = (
        "🗑️ **{title}** is deleted, but I may quote it for a while, because the index can’t be updated. "
        "The bot’s log tells its operator why."
    )
    cancel: str = "Cancel"
    nothing_changed: str = "Nothing changed."
    upload_gone: str = "This upload has expired. Send the files again with `/review add`."
    reviews_not_allowed: str = "Only server managers can add, change and remove reviews."
    review_not_own: str = "**{title}** isn’t one of this server’s own reviews, so you can’t change or remove it here."
    changing: str = "⏳ **{title}** is saved. Indexing it takes a moment…"
    changed: str = "✏️ **{title}** is changed."
    changed_meanwhile: str = "This review has changed in the meantime. Open the form again with `/review edit`."

    # The form that edits a review: plain text, the title and the labels of at most 45 characters.
    edit_title: str = "Edit a review"
    edit_field_title: str = "Title"
    edit_field_year: str = "Year of the film or book"
    edit_field_author: str = "Reviewer"
    edit_field_aliases: str = "Other names of the film or book"
    edit_aliases_hint: str = "One on each line"
    edit_field_spoilers: str = "Sections with spoilers"
    edit_no_spoilers: str = "None"
    edit_all_sections: str = "The whole review"
    edit_field_numbers: str = "Numbers of the sections with spoilers"
    edit_numbers_hint: str = "2, 5-7, or {all}"
    edit_all: str = "all"
    edit_no_title: str = "A review needs a title. Nothing changed."
    edit_no_year: str = "“{year}” is no year. Write a number, such as 2010. Nothing changed."
    edit_no_section: str = (
        "“{section}” is no section. Write numbers from 1 to {last}, such as 2, 5-7, or {all}. Nothing changed."
    )

    # Unanswered questions.
    gaps_heading: str = "Unanswered questions"
    gaps_count: Plural = Plural(
        "1 question of the last {days} days had no answer or only a near one.",
        "{count} questions of the last {days} days had no answer or only a near one.",
    )
    gaps_line: str = "**{count} ×** {question}"
    gaps_between: str = "{first} to {last}"
    gaps_about: str = "-# {days} · {states}"
    gaps_unanswered: str = "no answer {count}"
    gaps_nearest: str = "near answer {count}"
    gaps_feedback: str = "Feedback on this server’s answers: 👍 {helpful}, 👎 {not_helpful}."
    gaps_next: str = (
        "**What next?** Cover these in a review, and add it with `/review add`. *Export* gives them as a file for "
        "`review-bot label`."
    )
    gaps_export: str = "Export"
    gaps_also: str = "-# also: {questions}"
    gaps_more: Plural = Plural("-# 1 more group.", "-# {count} more groups.")
    gaps_none: str = "There are no unanswered questions in the last {days} days."
    gaps_not_stored: str = (
        "This server doesn’t store questions, so there is nothing to list. `/settings` with `questions: stored` "
        "changes that. `/privacy about` explains to members what it means."
    )

    # Privacy.
    privacy_heading: str = "What I store"
    privacy_stored_here: str = "**This server stores questions** for {days} days. Its managers chose that."
    privacy_not_stored_here: str = "**This server doesn’t store questions.**"
    privacy_never_here: str = "**Questions asked here are never stored.** Only servers that choose to store them do."
    privacy_counts: str = "**Counts** of 👍 and 👎, without names."
    privacy_briefly: str = "**In memory**, until I restart: your last {turns} questions, for {minutes} minutes."
    privacy_details: str = "Details"
    privacy_questions: str = (
        "**Questions.** If a server’s managers turn it on with `/settings`, I store each question that I answer there: "
        "its words, the day, the server, your user ID, the state of the answer and its confidence, the review to which "
        "it was limited, the collections of reviews that were searched, a random number, and the number of the "
        "question before it in the conversation. Your user ID lets the commands below find what is yours. `/gaps` "
        "shows managers the words but not who asked. Whoever runs me could see both. I delete it after {days} days. "
        "I never store questions from direct messages, from an app that you added for yourself alone, or asked with "
        "`private: True`."
    )
    privacy_feedback: str = (
        "**Feedback.** I count how often 👍 and 👎 were pressed below an answer, by its message ID "
        "and its server, not by person."
    )
    privacy_servers: str = (
        "**Servers.** I store a server’s ID and what its managers chose: whether answers are private, whether spoilers "
        "are hidden, whether questions are stored, the channels in which I answer mentions, the default review, and "
        "its own reviews. I also store a digest of my commands there and when I noticed that I was removed. {days} "
        "days after that I delete all of it, with the questions."
    )
    privacy_memory: str = (
        "**In memory**, until I restart: the last {turns} questions of a conversation for {minutes} minutes, to "
        "understand follow-ups; for {hours} hours, who gave which feedback and which messages I replied to, so that "
        "my replies follow edits; to whom I explained why I can’t read a message; when you last asked; a review that "
        "you uploaded, until you add it. My log has nobody’s questions."
    )
    privacy_elsewhere: str = (
        "**Elsewhere.** My answers stay in Discord until you choose *Delete this answer* in their menu, under *Apps*. "
        "Whoever runs me may have backups, which keep what was in them."
    )
    privacy_rights: str = "`/privacy export` gives you your data. `/privacy delete` deletes it everywhere at once."
    export: str = "Export my data"
    exported: str = "This is everything that I store about you. Stored questions: {questions}."
    erase: str = "Delete my data"
    erase_sure: str = (
        "**Delete your data in every server?** Stored questions: {questions}. Questions in memory: {remembered}. "
        "You can’t undo this."
    )
    erase_confirm: str = "Delete it now"
    erased: str = "Your data has been deleted."

    # Notices and problems.
    busy: str = "There are many questions at the moment. Please ask again soon."
    expired: str = "This button has expired, because the reviews have changed. Please ask again."
    failed: str = "Something went wrong. Please try again."
    not_yours: str = "Only the person who asked and server managers can delete this answer."
    deleted: str = "The answer is deleted."
    not_deleted: str = "I can’t delete this answer, because Discord doesn’t let me in this channel."
    no_answer: str = "That is none of my answers, so I can’t delete it."
    no_public_answer: str = "Only you see that answer. Press *Dismiss message* below it."
    not_member_here: str = "I’m not a member here. Press *Delete* below the answer instead."
    no_such_review: str = "There is no review “{review}” here. See `/reviews`."
    which_review: str = "I’m not sure which review you mean by “{review}”. Perhaps one of these: {titles}?"
    review_gone: str = "This review is no longer available. See `/reviews`."
    question_too_short: str = "Your question is too short. Use at least {shortest} characters."
    question_too_long: str = "Your question is too long. Use at most {longest} characters."
    thanks: str = "Thank you for your feedback."
    already_shared: str = "You have shared this answer already."
    cooldown: Plural = Plural(
        "One moment, please. You can ask again in a second.",
        "One moment, please. You can ask again in {count} seconds.",
    )
    press_cooldown: Plural = Plural(
        "One moment, please. Press again in a second.", "One moment, please. Press again in {count} seconds."
    )
    greeting: str = (
        "👋 I’m happy to help. Ask me about the reviews, and I quote the reviewer’s own words. `/help` shows more."
    )
    answered_late: str = "-# For <@{member}>. Discord had stopped waiting for this answer to `/ask`."
    superseded: str = "I answer the newest of your questions. Ask this one again in a moment."
    menu_without_text: str = "That message has no text to look up."
    unread_original: str = (
        "I can’t read the message that you replied to. Open its menu, and choose *Apps*, then *Ask the reviews about "
        "this*."
    )
    unread_forward: str = "I can’t read the message that you forwarded. Send me its text instead."
    unread_role: str = (
        "You mentioned my role, and Discord doesn’t let me read such a message. If it was a question, mention me "
        "myself or use `/ask`."
    )
    unread_reply: str = (
        "I can only read replies that mention me. If it was a question, reply again with the mention on, or use `/ask`."
    )


ENGLISH = Catalogue()

CATALOGUES: Mapping[str, Catalogue] = {ENGLISH.locale: ENGLISH}


def catalogue(locale: str | None) -> Catalogue:
    """Return the texts for one of Discord's locales (`en-GB`, `de`): its own, its language's, or English."""
    if locale is None:
        return ENGLISH
    return CATALOGUES.get(locale) or CATALOGUES.get(locale.partition("-")[0]) or ENGLISH
