import CLinux
import Linux

/// One service of the pod, and how it is.
final class Service {
    enum State: Equatable {
        /// For the services that it comes after.
        case waiting
        /// Started, and not ready yet.
        case starting
        case ready
        /// It ended, and starts again when its wait is over.
        case backingOff
        /// Asked to end.
        case stopping
        /// It ended well, and is not to be started again.
        case done
        /// It ended badly, and is not to be started again.
        case failed
        /// It cannot start: a cycle, or a required service that failed.
        case refused

        /// Those that require it may start.
        var isFine: Bool { self == .ready || self == .done }
    }

    /// What follows when a stop is over.
    enum AfterStop: Equatable {
        case stay, startAgain, remove
    }

    let identifier: UInt32
    var plan: ServicePlan
    var state = State.waiting {
        didSet { tally?.fine &+= (isFine ? 1 : 0) &- (oldValue.isFine ? 1 : 0) }
    }
    /// Of the table that it is in.
    fileprivate var tally: ServiceTally?
    var backoff: Backoff
    var afterStop = AfterStop.stay
    /// The main process, and the number of its group and session; the group may live on when the process has ended.
    var group: pid_t?
    var mainHasEnded = false
    var startedAt: Int64 = 0
    var restarts = 0
    var log = LineLog()
    /// Where its output comes from.
    var output: Descriptor?
    /// Where a service of `ready = fd` writes.
    var readyPipe: Descriptor?
    /// The wait until readiness is looked at again.
    var readinessWait: Int64 = 0
    /// Why it is refused or failed, or what it says of itself (STATUS= of sd_notify(3)).
    var note = ""

    init(identifier: UInt32, plan: ServicePlan) {
        self.identifier = identifier
        self.plan = plan
        backoff = Backoff(plan.backoff)
    }

    var name: Name { plan.name }

    /// Those that come after it may start.
    var isSettled: Bool { state == .ready || state == .done || state == .failed || state == .refused }
    var isFine: Bool { state.isFine }
    var hasProcesses: Bool { group != nil }

    var stateName: String {
        switch state {
        case .waiting: "waiting"
        case .starting: "starting"
        case .ready: "ready"
        case .backingOff: "restarting"
        case .stopping: "stopping"
        case .done: "done"
        case .failed: "failed"
        case .refused: "refused"
        }
    }
}

/// Counts along, so that a status costs the same however many services there are.
private final class ServiceTally {
    var fine = 0
}

/// Every service, by what it is looked up with.
struct ServiceTable {
    /// In the order they start.
    private(set) var inOrder: [Service] = []
    private var byIdentifier: [UInt32: Service] = [:]
    private var byName: [Name: Service] = [:]
    private var byGroup: [pid_t: Service] = [:]
    private let tally = ServiceTally()

    func service(_ identifier: UInt32) -> Service? { byIdentifier[identifier] }
    func service(named name: Name) -> Service? { byName[name] }
    /// - Parameter group: the pid of a main process, or the session of another process.
    func service(group: pid_t) -> Service? { byGroup[group] }

    var unready: Int { inOrder.count &- tally.fine }

    mutating func add(_ service: Service) {
        byIdentifier[service.identifier] = service
        byName[service.name] = service
        inOrder.append(service)
        service.tally = tally
        tally.fine &+= service.isFine ? 1 : 0
    }

    mutating func remove(_ service: Service) {
        byIdentifier[service.identifier] = nil
        byName[service.name] = nil
        inOrder.removeAll { $0 === service }
        service.tally = nil
        tally.fine &-= service.isFine ? 1 : 0
    }

    /// Services that `names` does not have come last.
    mutating func sort(_ names: [Name]) {
        let named = Set(names)
        inOrder = names.compactMap { byName[$0] } + inOrder.filter { !named.contains($0.name) }
    }

    mutating func started(_ service: Service, group: pid_t) {
        service.group = group
        service.mainHasEnded = false
        byGroup[group] = service
    }

    mutating func ended(_ service: Service) {
        if let group = service.group { byGroup[group] = nil }
        service.group = nil
    }
}
