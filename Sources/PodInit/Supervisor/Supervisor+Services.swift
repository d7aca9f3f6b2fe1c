import CLinux
import Contract
import Linux

/// Starting services, and what follows when one ends.
extension Supervisor {
    /// Starts every service that waits for nothing any more.
    ///
    /// What happens to one may let others start: that is another round, and not a call within this one, since the stack would
    /// grow with the number of services.
    func startWaitingServices() {
        needsStartRound = true
        if holdsStarts { return }
        holdsStarts = true
        defer { holdsStarts = false }
        while needsStartRound && stopping == nil {
            needsStartRound = false
            for service in services.inOrder where service.state == .waiting { startOrRefuse(service) }
        }
    }

    private func startOrRefuse(_ service: Service) {
        if let blocker = blocker(of: service) {
            refuse(service, blocker)
            needsStartRound = true
        } else if mayStart(service) {
            start(service)
        }
    }

    private func mayStart(_ service: Service) -> Bool {
        for name in service.plan.required {
            guard let other = services.service(named: name), other.isFine else { return false }
        }
        for name in service.plan.after {
            if let other = services.service(named: name), !other.isSettled { return false }
        }
        return true
    }

    /// A required service that will not be ready.
    private func blocker(of service: Service) -> String? {
        for name in service.plan.required {
            guard let other = services.service(named: name) else {
                return "it requires \(name.text), and there is no such service"
            }
            if other.state == .failed || other.state == .refused {
                return "it requires \(name.text), which \(other.state == .failed ? "failed" : "cannot start")"
            }
        }
        return nil
    }

    func refuse(_ service: Service, _ reason: String) {
        service.state = .refused
        service.note = reason
        log("service \(service.name.text) cannot start: \(reason)")
    }

    func start(_ service: Service) {
        deadlines.clear(.serviceStart(service.identifier))
        service.state = .starting
        service.note = ""
        service.startedAt = monotonicMilliseconds()
        do throws(SystemError) {
            let output = try Pipe()
            let null = try Descriptor.open("/dev/null", O_RDWR, stage: "open /dev/null")
            var plan = try spawnPlan(of: service)
            var ready: Descriptor?
            if service.plan.readiness == .descriptor {
                let pipe = try Pipe()
                plan.descriptors = .only([null.raw, output.writing.raw, output.writing.raw, pipe.writing.raw])
                services.started(service, group: try spawn(plan))
                ready = pipe.keepReading()
            } else {
                plan.descriptors = .only([null.raw, output.writing.raw, output.writing.raw])
                services.started(service, group: try spawn(plan))
            }
            try watchOutput(of: service, output.keepReading())
            try watchReadiness(of: service, ready)
        } catch {
            log("service \(service.name.text): \(error.sentence)")
            if let group = service.group { kill(-group, SIGKILL) } else { serviceIsOver(service, succeeded: false) }
        }
    }

    private func spawnPlan(of service: Service) throws(SystemError) -> SpawnPlan {
        let account = try account(of: service)
        var variables = configuration.environment(of: account, from: environment())
        if let path = service.plan.environmentFile {
            let name = String(decoding: path, as: UTF8.self)
            let lines = try readFile(name, stage: "read \(name)").split(separator: UInt8(ascii: "\n"))
            variables += lines.filter { $0.first != UInt8(ascii: "#") && $0.contains(UInt8(ascii: "=")) }.map { Array($0) }
        }
        if service.plan.readiness == .descriptor { variables.append([UInt8]("READY_FD=3".utf8)) }
        if notifySocket != nil { variables.append([UInt8]("NOTIFY_SOCKET=\(PodPaths.notifySocket)".utf8)) }
        var plan = SpawnPlan(program: service.plan.command[0], arguments: service.plan.command, environment: variables)
        plan.account = account
        plan.directory = service.plan.directory.map { String(decoding: $0, as: UTF8.self) } ?? PodPaths.workspace
        if service.plan.directory == nil { plan.fallbackDirectory = "/" }
        plan.group = .session
        plan.privileges = account == nil ? .inherited : .none
        return plan
    }

    /// - Returns: nil when init is not root, and all that it starts is its own user's.
    private func account(of service: Service) throws(SystemError) -> Account? {
        guard geteuid() == 0 else { return nil }
        guard let user = service.plan.user else { return configuration.account }
        let name = String(decoding: user, as: UTF8.self)
        guard let account = try Account.find(name) else { throw SystemError("find the user \(name)", errno: ENOENT) }
        return account
    }

    /// A process of ours was reaped.
    ///
    /// - Returns: whether it was a service's main process.
    func serviceProcessEnded(_ pid: pid_t, _ waitStatus: Int32) -> Bool {
        guard let service = services.service(group: pid), !service.mainHasEnded else { return false }
        service.mainHasEnded = true
        drainOutput(of: service)
        forgetReadiness(of: service)
        let status = Linux.exitStatus(waitStatus)
        if service.state == .stopping {
            finishStopIfOver(service)
            return true
        }
        log("service \(service.name.text) ended with status \(status)")
        // Whatever it left behind would stand in the way of the next start.
        kill(-pid, SIGKILL)
        services.ended(service)
        serviceIsOver(service, succeeded: status == 0)
        return true
    }

    /// Starts it again if its policy says so, and lets others start that waited for its end.
    private func serviceIsOver(_ service: Service, succeeded: Bool) {
        let again = service.plan.restart == .always || (service.plan.restart == .onFailure && !succeeded)
        if again && stopping == nil {
            let now = monotonicMilliseconds()
            service.state = .backingOff
            service.restarts &+= 1
            deadlines.set(.serviceStart(service.identifier), at: now + service.backoff.next(afterRunOf: now - service.startedAt))
        } else {
            service.state = succeeded ? .done : .failed
            if !succeeded && service.note.utf8.isEmpty { service.note = "it ended, and restart = never" }
        }
        startWaitingServices()
        podMayBeReady()
    }

    func serviceIsReady(_ service: Service) {
        guard service.state == .starting else { return }
        forgetReadiness(of: service)
        service.state = .ready
        startWaitingServices()
        podMayBeReady()
    }
}
