import ArgumentParser
import CLinux
import Contract

struct ManifestCommand: AsyncVerb {
    static let configuration = CommandConfiguration(
        commandName: "manifest", abstract: "Print the project's pod as a cluster, systemd or an engine takes it.",
        usage: "tazpod manifest (--kubernetes | --quadlet | --docker | --podman) [<options>]",
        discussion: """
            Asks no engine and no cluster, and changes nothing.

            Example: tazpod manifest --kubernetes | kubectl apply -f -
            """)

    enum Form: String, EnumerableFlag {
        case kubernetes, quadlet, docker, podman

        static func help(for form: Form) -> ArgumentHelp? {
            switch form {
            case .kubernetes: "Objects of Kubernetes: a pod, its volume, account and network policy."
            case .quadlet: "A .container unit, from which systemd runs the pod with podman."
            case .docker: "docker's command line."
            case .podman: "podman's command line, for who you are now: root or not."
            }
        }
    }

    @Flag var form: Form

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if options.json { throw ValidationError("a manifest has a form of its own; leave --json out") }
    }

    func run() async throws {
        let plan = try options.findProject().plan()
        let choice = ProviderChoice(log: options.log)
        switch form {
        case .kubernetes: Console.printText(try KubernetesManifest(plan).text)
        case .quadlet:
            let podman = EngineArguments(
                engine: .podman(isRootless: geteuid() != 0), majors: KernelDevices.blockMajors())
            Console.printText(QuadletUnit(plan: plan, arguments: podman).text)
        case .docker:
            let docker = try await choice.named(.docker)
            try docker.checkSecrets(of: plan)
            Console.printLine(docker.rendering(of: plan))
        case .podman: Console.printLine(try await choice.named(.podman).rendering(of: plan))
        }
    }
}
