/// All the checks, in the order in which they are shown.
enum Examination {
    static func report(on facts: DoctorFacts) -> DoctorReport {
        var findings = [project(facts)] + ProviderCheck.findings(facts)
        findings.append(KernelCheck.finding(release: facts.host.kernel))
        findings.append(UserNamespaceCheck.finding(facts.host, isUnprivileged: facts.isUnprivileged))
        findings.append(SubordinateIDCheck.finding(facts.host, isUnprivileged: facts.isUnprivileged))
        findings.append(ImageCheck.finding(facts.image, image: facts.config.image, provider: facts.chosen))
        findings += DriverCheck.findings(facts.drivers, wanted: facts.config.vault.driver.rawValue)
        findings += MemoryCheck.findings(facts.drivers.place)
        findings += facts.disks.map { DiskCheck.finding($0) }
        findings.append(NetworkCheck.finding(facts.network, engine: facts.chosenEngine))
        return DoctorReport(
            project: facts.project, provider: facts.chosen.rawValue,
            driver: DriverCheck.driver(facts.drivers, wanted: facts.config.vault.driver.rawValue), findings: findings)
    }

    private static func project(_ facts: DoctorFacts) -> Finding {
        if let problem = facts.planProblem { return .missing("project", problem, next: nil) }
        guard let name = facts.project else {
            return .notApplicable("project", "there is none here; what is checked is what tazpod init would make")
        }
        return .ok("project", "\(name) asks for \(facts.wanted.rawValue), driver \(facts.config.vault.driver.rawValue)")
    }

    /// The same from inside a pod, which sees its kernel and its vault's place.
    static func report(inPod drivers: DriverFacts, _ host: HostFacts) -> DoctorReport {
        let wanted = drivers.place?.configured ?? "auto"
        let findings =
            [KernelCheck.finding(release: host.kernel), UserNamespaceCheck.finding(host, isUnprivileged: false)]
            + DriverCheck.findings(drivers, wanted: wanted) + MemoryCheck.findings(drivers.place)
        return DoctorReport(driver: DriverCheck.driver(drivers, wanted: wanted), findings: findings)
    }
}
