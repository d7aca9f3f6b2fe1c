/// What `tazpod doctor --json` prints. Scripts read it: fields are added, never changed.
struct DoctorReport: Codable, Equatable {
    /// A pod with a vault can be started here.
    var ready: Bool
    /// The project's name; nil without a project.
    var project: String?
    /// Where the pod would run; nil inside a pod.
    var provider: String?
    /// What opens its vault; nil when nothing can, or that is not known.
    var driver: String?
    var findings: [Finding]

    init(project: String? = nil, provider: String? = nil, driver: String?, findings: [Finding]) {
        self.project = project
        self.provider = provider
        self.driver = driver
        self.findings = findings
        ready = !findings.contains { $0.needed }
    }

    /// What is in the way, in short.
    var complaint: String? {
        let names = findings.filter { $0.needed }.map { $0.name }
        if names.isEmpty { return nil }
        return "no pod with a vault can be started here (\(names.joined(separator: ", "))); do what the lines with ✗ say"
    }

    func lines(inColour: Bool) -> String {
        findings.map { $0.line(inColour: inColour) }.joined(separator: "\n")
    }
}
