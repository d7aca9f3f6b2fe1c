/// What a plan asks for and no native pod has: said, since it is not refused.
enum NativeNotices {
    static func lines(for plan: PodPlan) -> [String] {
        var lines: [String] = []
        let resources = plan.workspace.resources
        if resources.cpu != nil || resources.memory != nil {
            lines.append("native sets no limits: cpu: and memory: under resources: in config.yaml have no effect")
        }
        if !plan.workspace.ports.isEmpty {
            let ports = plan.workspace.ports.map { String($0.podPort) }.joined(separator: ", ")
            lines.append(
                "native pods share this machine's network: what listens on \(ports) in the pod chooses the address by itself")
        }
        return lines
    }
}
