import Contract
import FoundationEssentials

/// The device nodes of this machine's GPUs. A native pod has the machine's own libraries, so nodes are all that it lacks.
enum GPUNodes {
    /// - Throws: code 4 when the plan wants a GPU and there is none.
    static func wanted(by plan: PodPlan) throws(Failure) -> [String] {
        guard plan.workspace.resources.gpu else { return [] }
        let nodes = nodes(among: (try? FileManager.default.contentsOfDirectory(atPath: "/dev")) ?? [])
        guard !nodes.isEmpty else {
            throw Failure(
                .provider,
                """
                resources: gpu: is true and this machine has no device node of a GPU (/dev/nvidia0, /dev/kfd, /dev/dri, /dev/dxg); load \
                its driver, or write gpu: false
                """)
        }
        return nodes
    }

    /// NVIDIA's driver has several, and a folder; AMD's and Intel's share `dri`, AMD's computes through `kfd`; `dxg` is WSL's.
    static func nodes(among names: [String]) -> [String] {
        names.filter { $0.hasPrefix("nvidia") || ["kfd", "dri", "dxg"].contains($0) }.sorted().map { "/dev/\($0)" }
    }
}
