import CLinux
import Linux

/// Stopping services: asked first, the whole group killed when the grace is over; those that come after others stop before them.
extension Supervisor {
    /// Asks `service` to end, if it runs.
    func stop(_ service: Service, then afterStop: Service.AfterStop) {
        service.afterStop = afterStop
        deadlines.clear(.serviceStart(service.identifier))
        forgetReadiness(of: service)
        guard let group = service.group else {
            stopIsOver(service)
            return
        }
        if service.state == .stopping { return }
        service.state = .stopping
        kill(-group, service.plan.stopSignal)
        // What is stopped hears nothing until it goes on.
        kill(-group, SIGCONT)
        deadlines.set(.serviceStop(service.identifier), at: monotonicMilliseconds() + service.plan.stopMilliseconds)
    }

    /// The grace is over.
    func killService(_ identifier: UInt32) {
        guard let service = services.service(identifier), let group = service.group else { return }
        log("service \(service.name.text) did not end in time: killing it")
        kill(-group, SIGKILL)
        finishStopIfOver(service)
    }

    /// Its main process, or another that was in its group, has ended.
    func finishStopIfOver(_ service: Service) {
        guard service.state == .stopping, service.mainHasEnded, let group = service.group else { return }
        if kill(-group, 0) == 0 { return }
        services.ended(service)
        stopIsOver(service)
    }

    /// Orphans of a group that is being stopped are ours to reap, and the last of them ends the stop.
    func finishStopsThatAreOver() {
        for service in services.inOrder where service.state == .stopping { finishStopIfOver(service) }
    }

    private func stopIsOver(_ service: Service) {
        deadlines.clear(.serviceStop(service.identifier))
        drainOutput(of: service)
        switch service.afterStop {
        case .stay: service.state = .done
        case .startAgain:
            service.state = .waiting
            service.backoff = Backoff(service.plan.backoff)
            startWaitingServices()
        case .remove:
            forgetOutput(of: service)
            services.remove(service)
        }
        if stopping == .services { stopServicesInOrder() }
    }

    /// Stops what nothing that still runs came after, and goes on to the next phase when all have ended.
    func stopServicesInOrder() {
        var isOver = true
        for service in services.inOrder.reversed() where service.hasProcesses {
            isOver = false
            if service.state != .stopping && !isNeeded(service) { stop(service, then: .stay) }
        }
        if isOver { advanceStop() }
    }

    private func isNeeded(_ service: Service) -> Bool {
        services.inOrder.contains { other in
            other.hasProcesses && (other.plan.after.contains(service.name) || other.plan.required.contains(service.name))
        }
    }
}
