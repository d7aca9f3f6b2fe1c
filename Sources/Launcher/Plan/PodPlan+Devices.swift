import Contract

extension PodPlan {
    private static let unreachable: [ProjectConfig.VaultDriver: String] = [.dmcrypt: "device-mapper", .fuse: "loop devices"]
    private static let needlessCapability = "MKNOD"

    /// The same pod for a place that has no devices to give.
    ///
    /// - Parameter because: Why not, after "takes loop devices, which".
    /// - Throws: code 4 for a driver that takes some.
    func withoutDevices(because reason: String) throws(Failure) -> PodPlan {
        let name = workspace.environment[PodVariable.vaultDriver] ?? ""
        if let driver = ProjectConfig.VaultDriver(rawValue: name), let device = PodPlan.unreachable[driver] {
            throw Failure(
                .provider,
                """
                the driver \(driver.rawValue) takes \(device), which \(reason); write driver: auto or ram under vault: in \
                config.yaml
                """)
        }
        var plan = self
        plan.workspace.devices = Devices()
        plan.workspace.capabilities.removeAll { $0 == PodPlan.needlessCapability }
        return plan
    }
}
