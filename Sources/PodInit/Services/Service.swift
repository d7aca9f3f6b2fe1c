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
    }

    /// What follows when a stop is over.
    enum AfterStop: Equatable {
        case stay, startAgain, remove
    }

    let identifier: UInt32
    var plan: ServicePlan
    var state = State.waiting
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
    /// Those that require it may.
    var isFine: Bool { state == .ready || state == .done }
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

/// Every service, by what it is looked up with.
struct ServiceTable {
    /// In the order they start.
    private(set) var inOrder: [Service] = []
    private var byIdentifier: [UInt32: Service] = [:]
    private var byName: [Name: Service] = [:]
    private var byGroup: [pid_t: Service] = [:]

    func service(_ identifier: UInt32) -> Service? { byIdentifier[identifier] }
    func service(named name: Name) -> Service? { byName[name] }
    /// - Parameter group: the pid of a main process, or the session of another process.
    func service(group: pid_t) -> Service? { byGroup[group] }

    var unready: Int { inOrder.reduce(0) { $0 &+ ($1.isFine ? 0 : 1) } }

    mutating func add(_ service: Service) {
        byIdentifier[service.identifier] = service
        byName[service.name] = service
        inOrder.append(service)
    }

    mutating func remove(_ service: Service) {
        byIdentifier[service.identifier] = nil
        byName[service.name] = nil
        inOrder.removeAll { $0 === service }
    }

    /// Services that `names` does not have come last.
    mutating func sort(_ names: [Name]) {
        var sorted: [Service] = []
        for name in names {
            if let service = byName[name] { sorted.append(service) }
        }
        for service in inOrder where !names.contains(service.name) { sorted.append(service) }
        inOrder = sorted
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
