"""The engine: review files in, cited answers out; no Discord, no network.

Everything public is imported from here. Start with `Library`:

    >>> from pathlib import Path
    >>> from embeddings import Library
    >>> library = Library.build(Path("data"))
    >>> answer = library.ask("What is a deferral?")
    >>> quote = answer.quotes[0]
    >>> print(f"“{quote.text}” ({quote.title}, {quote.heading}, ¶{quote.paragraph})")
    “The second half of the film traces their attempts to find meaning within these confines. When Kathy reconnects
    with Ruth and Tommy, they hear a rumor that couples who are truly in love can apply for a “deferral” — a temporary
    reprieve from donating.” (Never Let Me Go, A Life Measured in Donations, ¶2)

A name's module is imported when the name is first used, so that `import embeddings` and `review-bot --help` are fast.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

# Before any library is imported, in every process: nothing of this program may phone home. onnxruntime would write a
# device id below the home folder and send events.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["DO_NOT_TRACK"] = "1"

if TYPE_CHECKING:
    from embeddings.answering.calibration import CALIBRATION_FILE as CALIBRATION_FILE
    from embeddings.answering.calibration import Thresholds as Thresholds
    from embeddings.answering.models import Models as Models
    from embeddings.config import RankingSettings as RankingSettings
    from embeddings.config import tunable_numbers as tunable_numbers
    from embeddings.documents.converter import Candidates as Candidates
    from embeddings.documents.converter import ConvertedEntry as ConvertedEntry
    from embeddings.documents.converter import ConvertedFeed as ConvertedFeed
    from embeddings.documents.converter import ConvertedFile as ConvertedFile
    from embeddings.documents.converter import LeftOutFile as LeftOutFile
    from embeddings.documents.converter import file_too_large as file_too_large
    from embeddings.documents.converter import max_file_bytes as max_file_bytes
    from embeddings.documents.converter import needs_import_extra as needs_import_extra
    from embeddings.documents.converter import within_server_limits as within_server_limits
    from embeddings.documents.editor import fields_of as fields_of
    from embeddings.documents.files import COLLECTIONS as COLLECTIONS
    from embeddings.documents.files import REVIEWS as REVIEWS
    from embeddings.documents.files import SUFFIXES as SUFFIXES
    from embeddings.documents.files import add_review as add_review
    from embeddings.documents.files import check_room as check_room
    from embeddings.documents.files import collection_folder as collection_folder
    from embeddings.documents.files import data_folder_problem as data_folder_problem
    from embeddings.documents.files import data_path_problem as data_path_problem
    from embeddings.documents.files import find_review_file as find_review_file
    from embeddings.documents.files import remove_review as remove_review
    from embeddings.documents.files import review_files as review_files
    from embeddings.documents.filesystem import HAS_MODES as HAS_MODES
    from embeddings.documents.filesystem import allows_others as allows_others
    from embeddings.documents.filesystem import flush_folder as flush_folder
    from embeddings.documents.lookup import NameMatcher as NameMatcher
    from embeddings.documents.outputs import check_output as check_output
    from embeddings.documents.outputs import output_file as output_file
    from embeddings.documents.outputs import write_output as write_output
    from embeddings.documents.outputs import written_by_us as written_by_us
    from embeddings.documents.parser import has_extra as has_extra
    from embeddings.documents.sandbox.child_process import child_command as child_command
    from embeddings.documents.sandbox.child_process import child_environment as child_environment
    from embeddings.documents.sandbox.child_process import child_folder as child_folder
    from embeddings.documents.sandbox.process import convert_feed_in_sandbox as convert_feed_in_sandbox
    from embeddings.documents.sandbox.process import convert_in_sandbox as convert_in_sandbox
    from embeddings.documents.sandbox.process import edit_in_sandbox as edit_in_sandbox
    from embeddings.documents.sandbox.process import read_candidates_in_sandbox as read_candidates_in_sandbox
    from embeddings.documents.slugs import slugify as slugify
    from embeddings.documents.sources.additions import Addition as Addition
    from embeddings.documents.sources.additions import Step as Step
    from embeddings.documents.sources.additions import plan_additions as plan_additions
    from embeddings.documents.sources.additions import read_paths as read_paths
    from embeddings.documents.sources.additions import store_additions as store_additions
    from embeddings.documents.sources.folders import FOLDERS_FILE as FOLDERS_FILE
    from embeddings.documents.sources.folders import link_folder as link_folder
    from embeddings.documents.sources.folders import linked_folders as linked_folders
    from embeddings.documents.sources.folders import unlink_folder as unlink_folder
    from embeddings.errors import CalibrationError as CalibrationError
    from embeddings.errors import ConversionError as ConversionError
    from embeddings.errors import FoldersError as FoldersError
    from embeddings.errors import IndexBusyError as IndexBusyError
    from embeddings.errors import IndexDamagedError as IndexDamagedError
    from embeddings.errors import IndexMissingError as IndexMissingError
    from embeddings.errors import IndexUnreadableError as IndexUnreadableError
    from embeddings.errors import IndexVersionError as IndexVersionError
    from embeddings.errors import IndexWriteError as IndexWriteError
    from embeddings.errors import LeftOut as LeftOut
    from embeddings.errors import LibraryError as LibraryError
    from embeddings.errors import ModelError as ModelError
    from embeddings.errors import ModelMissingError as ModelMissingError
    from embeddings.errors import NoReviewsError as NoReviewsError
    from embeddings.errors import OutputError as OutputError
    from embeddings.errors import QuestionError as QuestionError
    from embeddings.errors import QuestionFileError as QuestionFileError
    from embeddings.errors import RerankerError as RerankerError
    from embeddings.errors import ReviewFileError as ReviewFileError
    from embeddings.errors import ReviewFilesError as ReviewFilesError
    from embeddings.errors import ReviewStorageError as ReviewStorageError
    from embeddings.errors import UnknownReviewError as UnknownReviewError
    from embeddings.errors import UnknownSectionError as UnknownSectionError
    from embeddings.errors import remedy as remedy
    from embeddings.index.build.current import current_index as current_index
    from embeddings.index.build.options import BuildOptions as BuildOptions
    from embeddings.index.build.sources import check_reviews as check_reviews
    from embeddings.index.integrity import Weights as Weights
    from embeddings.index.integrity import check_weights as check_weights
    from embeddings.index.integrity import verify_index as verify_index
    from embeddings.index.manifest import INDEX_DIRECTORY as INDEX_DIRECTORY
    from embeddings.index.manifest import Manifest as Manifest
    from embeddings.library import Library as Library
    from embeddings.metadata.filters import ReviewFilter as ReviewFilter
    from embeddings.metadata.filters import Sort as Sort
    from embeddings.metadata.filters import Years as Years
    from embeddings.metadata.filters import read_years as read_years
    from embeddings.records import NO_RERANKER as NO_RERANKER
    from embeddings.records import SHARED as SHARED
    from embeddings.records import SHIPPED as SHIPPED
    from embeddings.records import AbsentWork as AbsentWork
    from embeddings.records import Answer as Answer
    from embeddings.records import AskResult as AskResult
    from embeddings.records import Choice as Choice
    from embeddings.records import Fact as Fact
    from embeddings.records import Facts as Facts
    from embeddings.records import Hit as Hit
    from embeddings.records import ListedReview as ListedReview
    from embeddings.records import Listing as Listing
    from embeddings.records import Paragraph as Paragraph
    from embeddings.records import QuestionInContext as QuestionInContext
    from embeddings.records import Quote as Quote
    from embeddings.records import Rating as Rating
    from embeddings.records import Review as Review
    from embeddings.records import ReviewFields as ReviewFields
    from embeddings.records import ScoredSentence as ScoredSentence
    from embeddings.records import Section as Section
    from embeddings.records import StageSeconds as StageSeconds
    from embeddings.records import State as State
    from embeddings.records import hit_record as hit_record
    from embeddings.records import quote_record as quote_record
    from embeddings.records import relevant_hits as relevant_hits
    from embeddings.retrieval.query import Query as Query
    from embeddings.retrieval.question import check_question as check_question
    from embeddings.retrieval.question import is_follow_up as is_follow_up
    from embeddings.retrieval.question import points_back as points_back

_MODULES = {
    "embeddings.library": "Library",
    "embeddings.records": (
        "NO_RERANKER SHARED SHIPPED AbsentWork Answer AskResult Choice Fact Facts Hit ListedReview Listing Paragraph "
        "QuestionInContext Quote Rating Review ReviewFields ScoredSentence Section StageSeconds State hit_record "
        "quote_record relevant_hits"
    ),
    "embeddings.errors": (
        "CalibrationError ConversionError FoldersError IndexBusyError IndexDamagedError IndexMissingError "
        "IndexUnreadableError IndexVersionError IndexWriteError LeftOut LibraryError ModelError ModelMissingError "
        "NoReviewsError OutputError QuestionError QuestionFileError RerankerError ReviewFileError ReviewFilesError "
        "ReviewStorageError UnknownReviewError UnknownSectionError remedy"
    ),
    "embeddings.documents.sandbox.child_process": "child_command child_environment child_folder",
    "embeddings.documents.sources.additions": "Addition Step plan_additions read_paths store_additions",
    "embeddings.documents.sources.folders": "FOLDERS_FILE link_folder linked_folders unlink_folder",
    "embeddings.documents.outputs": "check_output output_file write_output written_by_us",
    "embeddings.config": "RankingSettings tunable_numbers",
    "embeddings.documents.files": (
        "COLLECTIONS REVIEWS SUFFIXES add_review check_room collection_folder data_folder_problem "
        "data_path_problem find_review_file remove_review review_files"
    ),
    "embeddings.documents.editor": "fields_of",
    "embeddings.documents.filesystem": "HAS_MODES allows_others flush_folder",
    "embeddings.documents.slugs": "slugify",
    "embeddings.documents.lookup": "NameMatcher",
    "embeddings.documents.converter": (
        "Candidates ConvertedEntry ConvertedFeed ConvertedFile LeftOutFile file_too_large max_file_bytes "
        "needs_import_extra within_server_limits"
    ),
    "embeddings.documents.parser": "has_extra",
    "embeddings.documents.sandbox.process": (
        "convert_feed_in_sandbox convert_in_sandbox edit_in_sandbox read_candidates_in_sandbox"
    ),
    "embeddings.metadata.filters": "ReviewFilter Sort Years read_years",
    "embeddings.index.integrity": "Weights check_weights verify_index",
    "embeddings.index.manifest": "INDEX_DIRECTORY Manifest",
    "embeddings.index.build.current": "current_index",
    "embeddings.index.build.options": "BuildOptions",
    "embeddings.index.build.sources": "check_reviews",
    "embeddings.retrieval.query": "Query",
    "embeddings.retrieval.question": "check_question is_follow_up points_back",
    "embeddings.answering.calibration": "CALIBRATION_FILE Thresholds",
    "embeddings.answering.models": "Models",
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = list(_MODULE_OF)


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)
