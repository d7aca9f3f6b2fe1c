/// Quantities as people write them in config.yaml.
enum Quantities {
    /// `512MiB`, `4GiB`, `10Gi`, `1048576`: bytes. Units are powers of 1024, as engines and Kubernetes take them.
    static func bytes(_ text: String) -> UInt64? {
        split(
            text,
            units: [
                "": 1, "B": 1, "KiB": 1 << 10, "Ki": 1 << 10, "K": 1 << 10, "MiB": 1 << 20, "Mi": 1 << 20, "M": 1 << 20,
                "GiB": 1 << 30, "Gi": 1 << 30, "G": 1 << 30, "TiB": 1 << 40, "Ti": 1 << 40, "T": 1 << 40,
            ])
    }

    /// The other way, in the largest unit that leaves no more than it says: `8 MiB`, `1.5 GiB`.
    static func text(_ bytes: UInt64) -> String {
        let units: [(name: String, size: UInt64)] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        guard let unit = units.first(where: { bytes >= $0.size }) else { return "\(bytes) bytes" }
        let (whole, rest) = bytes.quotientAndRemainder(dividingBy: unit.size)
        let tenth = rest * 10 / unit.size
        return (whole < 10 && tenth != 0 ? "\(whole).\(tenth)" : "\(whole)") + " \(unit.name)"
    }

    /// `30m`, `4h`, `90s`, `1d`: seconds.
    static func seconds(_ text: String) -> UInt64? {
        split(text, units: ["s": 1, "m": 60, "h": 3600, "d": 86_400])
    }

    private static func split(_ text: String, units: [String: UInt64]) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = UInt64(digits), let unit = units[String(text.dropFirst(digits.count))] else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : product
    }
}
