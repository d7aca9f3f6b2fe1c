import CLinux
import Contract
import Linux

/// Bringing the services in line with their files: at the start, and when they have changed.
extension Supervisor {
    /// Reads the folder again: new services start, changed ones are stopped and started, those whose file is gone are stopped.
    /// A file that is wrong changes nothing about a service that runs.
    ///
    /// - Returns: what is wrong, a sentence each.
    @discardableResult
    func reloadServices() -> [String] {
        let folder = ServiceFolder.read()
        let order = ServiceOrder(folder.plans)
        for problem in folder.problems { log(problem) }
        // Until all that a service may come after is there.
        holdsStarts = true
        for plan in folder.plans { bringInLine(plan, order) }
        stopRemoved(folder)
        services.sort(order.names)
        holdsStarts = false
        for refusal in order.refused {
            if let service = services.service(named: refusal.name), !service.hasProcesses {
                deadlines.clear(.serviceStart(service.identifier))
                refuse(service, refusal.sentence)
            }
        }
        startWaitingServices()
        podMayBeReady()
        return folder.problems + order.refused.map { "service \($0.name.text): \($0.sentence)" }
    }

    private func bringInLine(_ plan: ServicePlan, _ order: ServiceOrder) {
        guard let service = services.service(named: plan.name) else {
            services.add(Service(identifier: nextIdentifier(), plan: plan))
            return
        }
        // One that could not start may be able to by now.
        if service.plan == plan && service.state != .refused && service.state != .failed { return }
        service.plan = plan
        if order.names.contains(plan.name) { stop(service, then: .startAgain) }
    }

    private func stopRemoved(_ folder: ServiceFolder) {
        let present = Set(folder.plans.map { $0.name })
        for service in services.inOrder where !present.contains(service.name) {
            let isDamaged = access("\(ServiceFolder.path)/\(service.name.text)", F_OK) == 0
            if !isDamaged { stop(service, then: .remove) }
        }
    }
}
