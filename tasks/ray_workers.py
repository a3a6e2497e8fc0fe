"""Workers as Ray actors, on one machine or many: `pip install 'deixis[ray]'`.

The model lives in replicas, each an actor that may have GPUs of its own. A worker is an actor that asks one replica and
no other, so that the conversation of an episode stays where it is known. The run's folder and that of the downloads
must be the same files on all nodes.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from model.base import GREEDY, Model, ModelError, Sampling
from model.messages import Message, Reply
from model.resizing import Resizing
from tasks.errors import MissingLibrary, ModelLost
from tasks.jobs import Job, await_leftovers
from tasks.results import TaskResult
from tasks.scheduling import Died, Done, NoWorkerLeft, Ready, Workers
from tasks.schema import Task


class RayWorkers(Workers):
    """`Workers` as Ray actors, one for each job."""

    def __init__(
        self, jobs: Sequence[Job], *, replicas: int = 1, gpus_per_replica: float = 0.0, address: str | None = None
    ) -> None:
        """Start the replicas, but no worker yet.

        Args:
            jobs: all with the same model.
            replicas: of the model.
            gpus_per_replica: what Ray reserves for each; a part of one is allowed.
            address: of a Ray cluster, "auto" for the one of this machine; by default one is started for the run.

        Raises:
            MissingLibrary: Ray is not installed.
            NoWorkerLeft: it cannot be started, there is no cluster at the address, or it has too few GPUs.
            RunFolderError: a worker of an earlier time does not end.
        """
        self._ray = _library()
        self._jobs = jobs
        await_leftovers(jobs)
        try:
            self._ray.init(address=address, include_dashboard=None if address else False, log_to_driver=False)
        except Exception as error:  # Ray has no error of its own for that it does not come up
            self._ray.shutdown()
            raise NoWorkerLeft(f"Ray cannot be used: {_first_words(error)}") from error
        there, wanted = self._ray.cluster_resources().get("GPU", 0.0), replicas * gpus_per_replica
        if wanted > there:  # Ray would wait for them, and say nothing
            self._ray.shutdown()
            raise NoWorkerLeft(
                f"The Ray cluster has {there:g} GPUs, and {wanted:g} are asked for: "
                "give fewer --replicas or a smaller --gpus-per-replica."
            )
        # A replica that has died is started again; what it was asked is not asked again by itself.
        replica = self._ray.remote(_Replica).options(num_gpus=gpus_per_replica, max_restarts=-1)
        self._replicas = [replica.remote(jobs[0].load_model) for _ in range(replicas)]
        self._actors: dict[int, Any] = {}
        self._asked: dict[Any, int] = {}
        """What is to be answered, and by which worker."""

    @property
    def count(self) -> int:
        return len(self._jobs)

    def start(self, worker: int) -> None:
        replica = self._replicas[worker % len(self._replicas)]
        actor = self._ray.remote(_Actor).options(num_cpus=0).remote(self._jobs[worker], replica)
        self._actors[worker] = actor
        self._asked[actor.ready.remote()] = worker

    def give(self, worker: int, task: Task) -> None:
        self._asked[self._actors[worker].outcome.remote(task)] = worker

    def wait(self, timeout_s: float) -> Sequence[Ready | Done | Died]:
        answered, _ = self._ray.wait(list(self._asked), num_returns=1, timeout=timeout_s)
        return [self._told(answer) for answer in answered]

    def kill(self, worker: int) -> None:
        self._ray.kill(self._actors[worker])

    def close(self) -> None:
        for actor in (*self._actors.values(), *self._replicas):
            self._ray.kill(actor)
        self._ray.shutdown()

    def _told(self, answer: object) -> Ready | Done | Died:
        worker = self._asked.pop(answer)
        try:
            said: TaskResult | None = self._ray.get(answer)
        except self._ray.exceptions.RayError as error:
            self._ray.kill(self._actors.pop(worker))
            return Died(worker, f"of this: {_first_words(error)}")
        return Ready(worker) if said is None else Done(worker, said)


class _Replica:
    """Has a model; lives in an actor."""

    def __init__(self, load_model: Callable[[], Model]) -> None:
        self._model = load_model()

    def described(self) -> tuple[str, str, tuple[int, int] | None, Resizing | None]:
        model = self._model
        return model.name, model.family, model.view_px, model.resizing

    def generate(self, prompts: Sequence[Sequence[Message]], sampling: Sampling) -> list[Reply]:
        return self._model.generate(prompts, sampling)


class _Actor:
    """Has a `Worker`; lives in an actor."""

    def __init__(self, job: Job, replica: Any) -> None:
        self._lock = job.lock()
        self._lock.acquire()
        self._worker = job.worker(_ReplicaModel(replica))

    def ready(self) -> None:
        """Answers when the replica does."""

    def outcome(self, task: Task) -> TaskResult:
        return self._worker.outcome(task)


class _ReplicaModel(Model):
    """The `Model` that a replica has, from another process. Texts come when they are complete."""

    def __init__(self, replica: Any) -> None:
        self._replica, self._ray = replica, _library()
        described: tuple[str, str, tuple[int, int] | None, Resizing | None]
        described = self._ray.get(replica.described.remote())
        self._name, self._family, self._view_px, self._resizing = described

    @property
    def name(self) -> str:
        return self._name

    @property
    def family(self) -> str:
        return self._family

    @property
    def view_px(self) -> tuple[int, int] | None:
        return self._view_px

    @property
    def resizing(self) -> Resizing | None:
        return self._resizing

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        sampling: Sampling = GREEDY,
        on_text: Callable[[str], None] | None = None,
    ) -> list[Reply]:
        try:
            replies: list[Reply] = self._ray.get(self._replica.generate.remote(prompts, sampling))
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, ModelError):
                raise error.cause from error
            raise
        except self._ray.exceptions.RayActorError as error:
            raise ModelLost(f"A replica of {self._name} has died: {_first_words(error)}") from error
        if on_text is not None and replies:
            on_text(replies[0].text)
        return replies


def _library() -> ModuleType:
    try:
        return importlib.import_module("ray")
    except ModuleNotFoundError as missing:
        raise MissingLibrary("Ray is not installed: pip install 'deixis[ray]'.") from missing


def _first_words(error: Exception) -> str:
    """An error of Ray holds another process's whole traceback; its cause, or its first line."""
    cause: object = getattr(error, "cause", None) or error
    return next(iter(str(cause).splitlines()), type(cause).__name__)
