import ArgumentParser
import Contract
import Linux

struct DoctorCommand: AsyncVerb, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Say whether a pod with a vault can be started here, and what to do if not.",
        discussion: """
            Looks at the provider, the kernel, the image, disk and network, and tries each vault driver for real on a small vault \
            that is thrown away: in the project's pod if it runs, else in a place like it. Nothing is changed, and no address is \
            asked but an engine's own socket. ✓ is there, ✗ is missing, ! is a warning, – does not apply.

            Ends with 0 when a pod can be started with what the project asks for (without a project: with the defaults), else with 4.

            Example: tazpod doctor --provider native
            """)

    @Option(help: ArgumentHelp("auto, docker, podman or native, in place of the project's.", valueName: "provider"))
    var provider: ProjectConfig.ProviderName?

    @Flag(help: .hidden)
    var raw = false

    @OptionGroup var options: GlobalOptions

    func runInPod() throws {
        let answer = try ControlClient().ask(
            Message("doctor"), orElse: "the trial of the drivers ended without an answer; tazpod logs on the host may say why")
        if raw { return Console.printLine(String(decoding: answer.encoded, as: UTF8.self)) }
        guard let trials = DriverTrials(answer) else {
            throw Failure(.provider, "the pod answers in words of another version; rebuild its image")
        }
        try show(Examination.report(inPod: DriverProbe.facts(trials), HostProbe.host()))
    }

    func run() async throws {
        let found = options.project == nil ? try Project.nearest() : try options.findProject()
        let project = try found ?? Project(directory: Project.canonical("."), config: ProjectConfig(name: "project"))
        let facts = await FactGatherer(log: options.log, provider: provider).gather(project, isProject: found != nil)
        try show(Examination.report(on: facts))
    }

    private func show(_ report: DoctorReport) throws {
        if options.json {
            Console.printJSON(report)
        } else if !options.quiet || !report.ready {
            Console.printLine(report.lines(inColour: Console.hasColour))
        }
        if let complaint = report.complaint { throw Failure(.provider, complaint) }
    }
}
