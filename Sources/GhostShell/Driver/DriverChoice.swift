import Contract
import Linux

/// Which driver opens a vault: the one that config.yaml names, or the best that this pod has what it takes for.
enum DriverChoice: Equatable {
    case automatic
    case named(DriverName)

    /// - Throws: code 3 for a name that is no driver's.
    init(_ text: String) throws(Failure) {
        if text == "auto" {
            self = .automatic
            return
        }
        guard let name = DriverName(rawValue: text) else {
            let names = DriverName.allCases.map { $0.rawValue }.joined(separator: ", ")
            throw Failure(.project, "there is no driver \(text); write auto, or one of \(names), under vault: driver:")
        }
        self = .named(name)
    }

    /// - Parameters:
    ///   - canMap: The pod has device-mapper.
    ///   - canServe: It has FUSE and loop devices.
    func resolved(canMap: Bool, canServe: Bool) -> DriverName {
        switch self {
        case .named(let name): name
        case .automatic: canMap ? .dmcrypt : canServe ? .fuse : .ram
        }
    }

    func makeDriver(_ configuration: GhostConfiguration) -> any Driver {
        switch resolved(canMap: DeviceMapper.isReachable, canServe: FuseDriver.isReachable) {
        case .dmcrypt: DMCryptDriver()
        case .fuse: FuseDriver()
        case .ram: RamDriver(owner: configuration.account, saveEvery: configuration.saveEvery)
        }
    }
}
