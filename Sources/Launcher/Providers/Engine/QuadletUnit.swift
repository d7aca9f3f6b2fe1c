/// A plan as a unit of Quadlet's, from which systemd runs the pod with podman (podman-systemd.unit(5)).
///
/// It is made from what podman would be told, so that both are the same pod: an option that Quadlet has no key for is passed on as it
/// is.
struct QuadletUnit {
    let plan: PodPlan
    /// podman's.
    let arguments: EngineArguments

    private static let keys = [
        "--name": "ContainerName", "--hostname": "HostName", "--pull": "Pull", "--label": "Label", "--mount": "Mount",
        "--env": "Environment", "--publish": "PublishPort", "--device": "AddDevice", "--cap-drop": "DropCapability",
        "--cap-add": "AddCapability", "--userns": "UserNS", "--secret": "Secret",
    ]

    /// Quadlet gives the first itself; and where systemd is, health checks have their timers.
    private static let needless = ["--detach", "--no-healthcheck"]

    var text: String {
        let (folder, user) = arguments.engine.isRootless ? ("~/.config", " --user") : ("/etc", "")
        let stop = PodPlan.stopSeconds
        let lines =
            [
                "# The pod \(plan.name) of TazPod, for systemd and podman: \(folder)/containers/systemd/\(plan.name).container",
                "# Then: systemctl\(user) daemon-reload && systemctl\(user) start \(plan.name)",
                "[Unit]", "Description=The pod of \(plan.project)", "",
                "[Container]", "Image=\(SystemdWord.quoted(plan.workspace.image))",
            ] + container + ["PodmanArgs=--stop-timeout \(stop)", ""]
            // systemd leaves podman the time to end the pod.
            + ["[Service]", "Restart=on-failure", "TimeoutStopSec=\(stop + 20)", ""]
            + ["[Install]", "WantedBy=default.target"]
        return lines.joined(separator: "\n") + "\n"
    }

    private var container: [String] {
        options.compactMap { option in
            if QuadletUnit.needless.contains(option[0]) { return nil }
            if option.count == 2, let key = QuadletUnit.keys[option[0]] { return "\(key)=\(SystemdWord.quoted(option[1]))" }
            return "PodmanArgs=" + option.map { SystemdWord.quoted($0) }.joined(separator: " ")
        }
    }

    /// `podman run`'s options, each with its value. The image comes last.
    private var options: [[String]] {
        var options: [[String]] = []
        for word in arguments.run(plan).dropFirst().dropLast() {
            if word.hasPrefix("--") || options.isEmpty {
                options.append([word])
            } else {
                options[options.count - 1].append(word)
            }
        }
        return options
    }
}
