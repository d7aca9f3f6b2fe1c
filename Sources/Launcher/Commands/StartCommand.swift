import ArgumentParser
import Contract

struct StartCommand: AsyncVerb {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start the project's pod again: after stop, or after the machine was started again.",
        discussion: "The vault is locked then.\n\nExample: tazpod start")

    @OptionGroup var waiting: WaitOption
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let project = try options.findProject()
        let start = PodStart(project: project, plan: try project.plan(), log: options.log, wait: waiting.wait)
        try start.checkHost(consent: false)
        let pod = try await PodLock.hold(project.podName, log: options.log) {
            guard let existing = try await ProviderChoice(log: options.log).findPod(of: project) else {
                throw Failure(.provider, "there is no pod of \(project.config.name); run tazpod up")
            }
            return try await start.run(on: existing.provider, existing: existing.record)
        }
        pod.reportReady(options)
    }
}

struct StopCommand: AsyncVerb {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Lock the vault and stop the project's pod, which start brings back.",
        discussion: """
            What was written in the pod outside of the project's folder stays; tazpod down removes it.

            Example: tazpod stop
            """)

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let project = try options.findProject()
        try await PodLock.hold(project.podName, log: options.log) {
            guard let pod = try await ProviderChoice(log: options.log).findPod(of: project) else {
                throw Failure(.provider, "there is no pod of \(project.config.name); run tazpod up")
            }
            if pod.record.state == .running { try await pod.provider.stop(pod.record.name) }
            try TokenStore(podName: project.podName).forget()
            options.log.notice("the pod \(pod.record.name) is stopped; tazpod start")
        }
    }
}
