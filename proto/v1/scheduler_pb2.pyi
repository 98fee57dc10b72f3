from barter.proto.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SchedulerCall(_message.Message):
    __slots__ = ("subscribe", "accept", "decline", "revive", "suppress", "demands", "services", "kill", "acknowledge", "reconcile", "teardown", "release", "message", "keep", "reservations")
    class Subscribe(_message.Message):
        __slots__ = ("framework", "demands_only")
        FRAMEWORK_FIELD_NUMBER: _ClassVar[int]
        DEMANDS_ONLY_FIELD_NUMBER: _ClassVar[int]
        framework: _types_pb2.FrameworkInfo
        demands_only: bool
        def __init__(self, framework: _Optional[_Union[_types_pb2.FrameworkInfo, _Mapping]] = ..., demands_only: _Optional[bool] = ...) -> None: ...
    class Accept(_message.Message):
        __slots__ = ("offer_ids", "launch", "filters", "operations")
        OFFER_IDS_FIELD_NUMBER: _ClassVar[int]
        LAUNCH_FIELD_NUMBER: _ClassVar[int]
        FILTERS_FIELD_NUMBER: _ClassVar[int]
        OPERATIONS_FIELD_NUMBER: _ClassVar[int]
        offer_ids: _containers.RepeatedScalarFieldContainer[str]
        launch: _containers.RepeatedCompositeFieldContainer[_types_pb2.TaskInfo]
        filters: _types_pb2.Filters
        operations: _containers.RepeatedCompositeFieldContainer[_types_pb2.Operation]
        def __init__(self, offer_ids: _Optional[_Iterable[str]] = ..., launch: _Optional[_Iterable[_Union[_types_pb2.TaskInfo, _Mapping]]] = ..., filters: _Optional[_Union[_types_pb2.Filters, _Mapping]] = ..., operations: _Optional[_Iterable[_Union[_types_pb2.Operation, _Mapping]]] = ...) -> None: ...
    class Decline(_message.Message):
        __slots__ = ("offer_ids", "filters")
        OFFER_IDS_FIELD_NUMBER: _ClassVar[int]
        FILTERS_FIELD_NUMBER: _ClassVar[int]
        offer_ids: _containers.RepeatedScalarFieldContainer[str]
        filters: _types_pb2.Filters
        def __init__(self, offer_ids: _Optional[_Iterable[str]] = ..., filters: _Optional[_Union[_types_pb2.Filters, _Mapping]] = ...) -> None: ...
    class Revive(_message.Message):
        __slots__ = ("roles",)
        ROLES_FIELD_NUMBER: _ClassVar[int]
        roles: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, roles: _Optional[_Iterable[str]] = ...) -> None: ...
    class Suppress(_message.Message):
        __slots__ = ("roles",)
        ROLES_FIELD_NUMBER: _ClassVar[int]
        roles: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, roles: _Optional[_Iterable[str]] = ...) -> None: ...
    class SetDemands(_message.Message):
        __slots__ = ("demands", "update", "removed")
        DEMANDS_FIELD_NUMBER: _ClassVar[int]
        UPDATE_FIELD_NUMBER: _ClassVar[int]
        REMOVED_FIELD_NUMBER: _ClassVar[int]
        demands: _containers.RepeatedCompositeFieldContainer[_types_pb2.Demand]
        update: bool
        removed: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, demands: _Optional[_Iterable[_Union[_types_pb2.Demand, _Mapping]]] = ..., update: _Optional[bool] = ..., removed: _Optional[_Iterable[str]] = ...) -> None: ...
    class SetServices(_message.Message):
        __slots__ = ("services", "update", "removed")
        SERVICES_FIELD_NUMBER: _ClassVar[int]
        UPDATE_FIELD_NUMBER: _ClassVar[int]
        REMOVED_FIELD_NUMBER: _ClassVar[int]
        services: _containers.RepeatedCompositeFieldContainer[_types_pb2.Service]
        update: bool
        removed: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, services: _Optional[_Iterable[_Union[_types_pb2.Service, _Mapping]]] = ..., update: _Optional[bool] = ..., removed: _Optional[_Iterable[str]] = ...) -> None: ...
    class Kill(_message.Message):
        __slots__ = ("task_id", "grace_ms")
        TASK_ID_FIELD_NUMBER: _ClassVar[int]
        GRACE_MS_FIELD_NUMBER: _ClassVar[int]
        task_id: str
        grace_ms: int
        def __init__(self, task_id: _Optional[str] = ..., grace_ms: _Optional[int] = ...) -> None: ...
    class Acknowledge(_message.Message):
        __slots__ = ("acks",)
        ACKS_FIELD_NUMBER: _ClassVar[int]
        acks: _containers.RepeatedCompositeFieldContainer[_types_pb2.Ack]
        def __init__(self, acks: _Optional[_Iterable[_Union[_types_pb2.Ack, _Mapping]]] = ...) -> None: ...
    class Reconcile(_message.Message):
        __slots__ = ("task_ids",)
        TASK_IDS_FIELD_NUMBER: _ClassVar[int]
        task_ids: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, task_ids: _Optional[_Iterable[str]] = ...) -> None: ...
    class Teardown(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Keep(_message.Message):
        __slots__ = ("task_ids",)
        TASK_IDS_FIELD_NUMBER: _ClassVar[int]
        task_ids: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, task_ids: _Optional[_Iterable[str]] = ...) -> None: ...
    class Release(_message.Message):
        __slots__ = ("task_ids",)
        TASK_IDS_FIELD_NUMBER: _ClassVar[int]
        task_ids: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, task_ids: _Optional[_Iterable[str]] = ...) -> None: ...
    class Message(_message.Message):
        __slots__ = ("agent_id", "executor_id", "data")
        AGENT_ID_FIELD_NUMBER: _ClassVar[int]
        EXECUTOR_ID_FIELD_NUMBER: _ClassVar[int]
        DATA_FIELD_NUMBER: _ClassVar[int]
        agent_id: str
        executor_id: str
        data: bytes
        def __init__(self, agent_id: _Optional[str] = ..., executor_id: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...
    class ReconcileReservations(_message.Message):
        __slots__ = ("endings",)
        class Ending(_message.Message):
            __slots__ = ("agent_id", "reservation_id")
            AGENT_ID_FIELD_NUMBER: _ClassVar[int]
            RESERVATION_ID_FIELD_NUMBER: _ClassVar[int]
            agent_id: str
            reservation_id: str
            def __init__(self, agent_id: _Optional[str] = ..., reservation_id: _Optional[str] = ...) -> None: ...
        ENDINGS_FIELD_NUMBER: _ClassVar[int]
        endings: _containers.RepeatedCompositeFieldContainer[SchedulerCall.ReconcileReservations.Ending]
        def __init__(self, endings: _Optional[_Iterable[_Union[SchedulerCall.ReconcileReservations.Ending, _Mapping]]] = ...) -> None: ...
    SUBSCRIBE_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FIELD_NUMBER: _ClassVar[int]
    DECLINE_FIELD_NUMBER: _ClassVar[int]
    REVIVE_FIELD_NUMBER: _ClassVar[int]
    SUPPRESS_FIELD_NUMBER: _ClassVar[int]
    DEMANDS_FIELD_NUMBER: _ClassVar[int]
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    KILL_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGE_FIELD_NUMBER: _ClassVar[int]
    RECONCILE_FIELD_NUMBER: _ClassVar[int]
    TEARDOWN_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    KEEP_FIELD_NUMBER: _ClassVar[int]
    RESERVATIONS_FIELD_NUMBER: _ClassVar[int]
    subscribe: SchedulerCall.Subscribe
    accept: SchedulerCall.Accept
    decline: SchedulerCall.Decline
    revive: SchedulerCall.Revive
    suppress: SchedulerCall.Suppress
    demands: SchedulerCall.SetDemands
    services: SchedulerCall.SetServices
    kill: SchedulerCall.Kill
    acknowledge: SchedulerCall.Acknowledge
    reconcile: SchedulerCall.Reconcile
    teardown: SchedulerCall.Teardown
    release: SchedulerCall.Release
    message: SchedulerCall.Message
    keep: SchedulerCall.Keep
    reservations: SchedulerCall.ReconcileReservations
    def __init__(self, subscribe: _Optional[_Union[SchedulerCall.Subscribe, _Mapping]] = ..., accept: _Optional[_Union[SchedulerCall.Accept, _Mapping]] = ..., decline: _Optional[_Union[SchedulerCall.Decline, _Mapping]] = ..., revive: _Optional[_Union[SchedulerCall.Revive, _Mapping]] = ..., suppress: _Optional[_Union[SchedulerCall.Suppress, _Mapping]] = ..., demands: _Optional[_Union[SchedulerCall.SetDemands, _Mapping]] = ..., services: _Optional[_Union[SchedulerCall.SetServices, _Mapping]] = ..., kill: _Optional[_Union[SchedulerCall.Kill, _Mapping]] = ..., acknowledge: _Optional[_Union[SchedulerCall.Acknowledge, _Mapping]] = ..., reconcile: _Optional[_Union[SchedulerCall.Reconcile, _Mapping]] = ..., teardown: _Optional[_Union[SchedulerCall.Teardown, _Mapping]] = ..., release: _Optional[_Union[SchedulerCall.Release, _Mapping]] = ..., message: _Optional[_Union[SchedulerCall.Message, _Mapping]] = ..., keep: _Optional[_Union[SchedulerCall.Keep, _Mapping]] = ..., reservations: _Optional[_Union[SchedulerCall.ReconcileReservations, _Mapping]] = ...) -> None: ...

class SchedulerEvent(_message.Message):
    __slots__ = ("subscribed", "offers", "rescind", "update", "failure", "error", "heartbeat", "inverse_offers", "rescind_inverse", "message", "services_served", "reservations")
    class Subscribed(_message.Message):
        __slots__ = ("framework_id", "epoch", "heartbeat_ms", "takes_updates")
        FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
        EPOCH_FIELD_NUMBER: _ClassVar[int]
        HEARTBEAT_MS_FIELD_NUMBER: _ClassVar[int]
        TAKES_UPDATES_FIELD_NUMBER: _ClassVar[int]
        framework_id: str
        epoch: int
        heartbeat_ms: int
        takes_updates: bool
        def __init__(self, framework_id: _Optional[str] = ..., epoch: _Optional[int] = ..., heartbeat_ms: _Optional[int] = ..., takes_updates: _Optional[bool] = ...) -> None: ...
    class Offers(_message.Message):
        __slots__ = ("offers",)
        OFFERS_FIELD_NUMBER: _ClassVar[int]
        offers: _containers.RepeatedCompositeFieldContainer[_types_pb2.Offer]
        def __init__(self, offers: _Optional[_Iterable[_Union[_types_pb2.Offer, _Mapping]]] = ...) -> None: ...
    class Reservations(_message.Message):
        __slots__ = ("reservations", "volumes")
        RESERVATIONS_FIELD_NUMBER: _ClassVar[int]
        VOLUMES_FIELD_NUMBER: _ClassVar[int]
        reservations: _containers.RepeatedCompositeFieldContainer[_types_pb2.Reservation]
        volumes: _containers.RepeatedCompositeFieldContainer[_types_pb2.PersistentVolume]
        def __init__(self, reservations: _Optional[_Iterable[_Union[_types_pb2.Reservation, _Mapping]]] = ..., volumes: _Optional[_Iterable[_Union[_types_pb2.PersistentVolume, _Mapping]]] = ...) -> None: ...
    class Rescind(_message.Message):
        __slots__ = ("offer_ids", "reason")
        OFFER_IDS_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        offer_ids: _containers.RepeatedScalarFieldContainer[str]
        reason: str
        def __init__(self, offer_ids: _Optional[_Iterable[str]] = ..., reason: _Optional[str] = ...) -> None: ...
    class Update(_message.Message):
        __slots__ = ("statuses",)
        STATUSES_FIELD_NUMBER: _ClassVar[int]
        statuses: _containers.RepeatedCompositeFieldContainer[_types_pb2.TaskStatus]
        def __init__(self, statuses: _Optional[_Iterable[_Union[_types_pb2.TaskStatus, _Mapping]]] = ...) -> None: ...
    class Failure(_message.Message):
        __slots__ = ("agent_id", "reason", "executor_id", "exit_code")
        AGENT_ID_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        EXECUTOR_ID_FIELD_NUMBER: _ClassVar[int]
        EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
        agent_id: str
        reason: str
        executor_id: str
        exit_code: int
        def __init__(self, agent_id: _Optional[str] = ..., reason: _Optional[str] = ..., executor_id: _Optional[str] = ..., exit_code: _Optional[int] = ...) -> None: ...
    class Message(_message.Message):
        __slots__ = ("agent_id", "executor_id", "data")
        AGENT_ID_FIELD_NUMBER: _ClassVar[int]
        EXECUTOR_ID_FIELD_NUMBER: _ClassVar[int]
        DATA_FIELD_NUMBER: _ClassVar[int]
        agent_id: str
        executor_id: str
        data: bytes
        def __init__(self, agent_id: _Optional[str] = ..., executor_id: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message", "fatal")
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        FATAL_FIELD_NUMBER: _ClassVar[int]
        message: str
        fatal: bool
        def __init__(self, message: _Optional[str] = ..., fatal: _Optional[bool] = ...) -> None: ...
    class Heartbeat(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class ServicesServed(_message.Message):
        __slots__ = ("services",)
        SERVICES_FIELD_NUMBER: _ClassVar[int]
        services: _containers.RepeatedCompositeFieldContainer[_types_pb2.ServiceServed]
        def __init__(self, services: _Optional[_Iterable[_Union[_types_pb2.ServiceServed, _Mapping]]] = ...) -> None: ...
    class InverseOffers(_message.Message):
        __slots__ = ("inverse_offers",)
        INVERSE_OFFERS_FIELD_NUMBER: _ClassVar[int]
        inverse_offers: _containers.RepeatedCompositeFieldContainer[_types_pb2.InverseOffer]
        def __init__(self, inverse_offers: _Optional[_Iterable[_Union[_types_pb2.InverseOffer, _Mapping]]] = ...) -> None: ...
    class RescindInverse(_message.Message):
        __slots__ = ("inverse_offer_ids", "reason")
        INVERSE_OFFER_IDS_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        inverse_offer_ids: _containers.RepeatedScalarFieldContainer[str]
        reason: str
        def __init__(self, inverse_offer_ids: _Optional[_Iterable[str]] = ..., reason: _Optional[str] = ...) -> None: ...
    SUBSCRIBED_FIELD_NUMBER: _ClassVar[int]
    OFFERS_FIELD_NUMBER: _ClassVar[int]
    RESCIND_FIELD_NUMBER: _ClassVar[int]
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    INVERSE_OFFERS_FIELD_NUMBER: _ClassVar[int]
    RESCIND_INVERSE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SERVICES_SERVED_FIELD_NUMBER: _ClassVar[int]
    RESERVATIONS_FIELD_NUMBER: _ClassVar[int]
    subscribed: SchedulerEvent.Subscribed
    offers: SchedulerEvent.Offers
    rescind: SchedulerEvent.Rescind
    update: SchedulerEvent.Update
    failure: SchedulerEvent.Failure
    error: SchedulerEvent.Error
    heartbeat: SchedulerEvent.Heartbeat
    inverse_offers: SchedulerEvent.InverseOffers
    rescind_inverse: SchedulerEvent.RescindInverse
    message: SchedulerEvent.Message
    services_served: SchedulerEvent.ServicesServed
    reservations: SchedulerEvent.Reservations
    def __init__(self, subscribed: _Optional[_Union[SchedulerEvent.Subscribed, _Mapping]] = ..., offers: _Optional[_Union[SchedulerEvent.Offers, _Mapping]] = ..., rescind: _Optional[_Union[SchedulerEvent.Rescind, _Mapping]] = ..., update: _Optional[_Union[SchedulerEvent.Update, _Mapping]] = ..., failure: _Optional[_Union[SchedulerEvent.Failure, _Mapping]] = ..., error: _Optional[_Union[SchedulerEvent.Error, _Mapping]] = ..., heartbeat: _Optional[_Union[SchedulerEvent.Heartbeat, _Mapping]] = ..., inverse_offers: _Optional[_Union[SchedulerEvent.InverseOffers, _Mapping]] = ..., rescind_inverse: _Optional[_Union[SchedulerEvent.RescindInverse, _Mapping]] = ..., message: _Optional[_Union[SchedulerEvent.Message, _Mapping]] = ..., services_served: _Optional[_Union[SchedulerEvent.ServicesServed, _Mapping]] = ..., reservations: _Optional[_Union[SchedulerEvent.Reservations, _Mapping]] = ...) -> None: ...
