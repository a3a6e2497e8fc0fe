"""What can go wrong with a benchmark's tasks.

TaskError                       anything below
├── TaskFileError               a task file cannot be read; the message names the file and the field
├── RunFolderError              a folder of results belongs to another run, is damaged, or cannot be written
└── InfrastructureError         the task could not be given or judged; that says nothing about the agent
    ├── MissingLibrary          a library is not installed; the message names the extra that has it
    ├── NotAvailable            what the task needs does not exist here: a set-up step, a getter, a metric, a platform
    ├── SetUpFailed             the machine could not be brought into the task's first state
    ├── ModelLost               the process that has the model has died
    └── EvaluationFailed        the final state could not be judged
"""

from __future__ import annotations


class TaskError(Exception):
    """Base of what the tasks raise."""


class TaskFileError(TaskError):
    """Raised when a task file is not what a benchmark's task file is."""


class RunFolderError(TaskError):
    """Raised when a folder of results cannot be gone on with."""


class InfrastructureError(TaskError):
    """Raised when a task could not be given or judged. It is never a score of zero."""


class MissingLibrary(InfrastructureError):
    """Raised when a library is needed that is not installed. The message names the extra."""


class NotAvailable(InfrastructureError):
    """Raised when a task needs what does not exist here."""


class SetUpFailed(InfrastructureError):
    """Raised when a machine could not be brought into the task's first state."""


class ModelLost(InfrastructureError):
    """Raised when the process that has the model has died."""


class EvaluationFailed(InfrastructureError):
    """Raised when a final state could not be judged."""
