/// What a plan asks for and no native pod has: said, since it is not refused.
enum NativeNotices {
    static func lines(for plan: PodPlan) -> [String] {
        var lines: [String] = []
        if plan.workspace.resources != PodPlan.Resources() {
            lines.append("native sets no limits: resources: in config.yaml has no effect")
        }
        if !plan.workspace.ports.isEmpty {
            lines.append("native pods share this machine's network: ports: in config.yaml has no effect")
        }
        return lines
    }
}
