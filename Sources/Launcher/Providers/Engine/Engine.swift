/// A container engine, driven by its own command line. All of them do the same with a plan but for what is a property here.
struct Engine: Equatable, Sendable {
    /// Its command, which is the provider's name too.
    let name: String
    /// What succeeds where it can run something.
    let check: [String]
    /// What to do when it does not answer.
    let remedy: String
    /// What it says, among other things, of an image that it does not have.
    let absentImage: [String]
    /// How its `ps` is asked for pods.
    var listFormat = EngineRecord.listFormat
    /// More options of its `run`.
    var runOptions: [String] = []
    /// What gives a pod the machine's GPUs.
    let gpuOptions: [String]
    /// More options of its `build`.
    var buildOptions: [String] = []
    /// More fields of a mount in memory.
    var memoryFields: [String] = []
    /// What it says, among other things, of a secret that it does not have; nil for one that gives containers no secrets.
    var absentSecret: String?
    /// The pod's root is a user namespace's, not the machine's. Then there are no devices to give: the kernel opens loop devices and
    /// device-mapper for the machine's root alone, and where a node is missing the pod would not start.
    var isRootless = false

    static let docker = Engine(
        name: "docker", check: ["version", "--format", "{{.Server.Version}}"],
        remedy: "start its daemon, or choose another provider", absentImage: ["No such image", "Unable to find image"],
        listFormat: EngineRecord.listFormatByLabel, gpuOptions: ["--gpus", "all"])

    /// - Parameter isRootless: It runs for a user who is not root.
    static func podman(isRootless: Bool) -> Engine {
        Engine(
            name: "podman", check: ["info", "--format", "{{.Version.Version}}"],
            remedy: "podman info says more; mend it, or choose another provider", absentImage: ["image not known"],
            runOptions: podmanOptions + (isRootless ? rootlessOptions : []),
            // By the Container Device Interface, with the description that nvidia-ctk writes.
            gpuOptions: ["--device", "nvidia.com/gpu=all"],
            // Its own format has no health check.
            buildOptions: ["--format", "docker"],
            // It would fill the mount with what it covers: the vault's image, for the public area to read.
            memoryFields: ["notmpcopyup"], absentSecret: "no such secret", isRootless: isRootless)
    }

    private static let podmanOptions = [
        // A pod's variables are the config's. podman would add the caller's proxies, whose addresses may hold passwords.
        "--http-proxy=false",
        // Its health checks are timers of systemd's, and it complains where there is none. `up` asks by itself.
        "--no-healthcheck",
    ]

    /// The workspace user is the caller outside, so that files stay whose they are; the pod's root is one of the caller's subordinate
    /// ids (subuid(5)), which owns nothing. Without `--user` the first process would be the workspace user's.
    private static let rootlessOptions = [
        "--userns", "keep-id:uid=\(workspaceID),gid=\(workspaceID)", "--user", "0:0",
    ]

    /// The workspace user's number in the images.
    static let workspaceID = 1000

    /// How its images are built.
    static func recipe(for name: String) -> String {
        name == docker.name ? "make images" : "make images ENGINE=\(name)"
    }
}
