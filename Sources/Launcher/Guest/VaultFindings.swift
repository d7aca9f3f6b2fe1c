import Contract

/// What `tazpod vault check --json` prints. Scripts read it: fields are added, never changed.
struct VaultFindings: Codable, Equatable {
    struct Finding: Codable, Equatable {
        /// What was looked at.
        var name: String
        /// `ok`, `warning`, `damaged` or `skipped`.
        var result = "skipped"
        var note = ""
        /// What to do about it.
        var next: String?
    }

    var findings: [Finding] = []

    init(_ answer: Message) {
        for field in answer.fields {
            let value = String(decoding: field.value, as: UTF8.self)
            if field.key.elementsEqual("check".utf8) {
                findings.append(Finding(name: value))
                continue
            }
            guard !findings.isEmpty else { continue }
            switch String(decoding: field.key, as: UTF8.self) {
            case "result": findings[findings.count - 1].result = value
            case "note": findings[findings.count - 1].note = value
            case "next": findings[findings.count - 1].next = value
            default: break
            }
        }
    }

    var isDamaged: Bool { findings.contains { $0.result == "damaged" } }

    /// For people.
    var lines: String {
        Table.render(
            findings.map { finding in
                [finding.name, finding.result, finding.next.map { "\(finding.note) (\($0))" } ?? finding.note]
            })
    }
}
