import Contract

/// What `tazpod vault info --json` prints. Scripts read it: fields are added, never changed.
struct VaultFacts: Codable, Equatable {
    struct KeySlot: Codable, Equatable {
        var number: Int
        /// `argon2id`, `argon2i` or `pbkdf2`.
        var kdf = ""
        var memoryKiB = 0
        var iterations = 0
        var threads = 0
        /// `passphrase`, which may be a key file, or `recovery`.
        var kind = "passphrase"
    }

    struct Token: Codable, Equatable {
        var number: Int
        var type = ""
        var slots: [Int] = []
    }

    var uuid: String
    var cipher: String
    var keyBits: Int
    var sectorSize: Int
    /// Bytes: of the image, of what comes before the data, and of the data.
    var imageSize: UInt64
    var dataOffset: UInt64
    var dataSize: UInt64
    /// As in `tazpod status`.
    var state: String
    var driver: String?
    var slots: [KeySlot] = []
    var tokens: [Token] = []

    init(_ answer: Message, vault: PodStatus.Vault) {
        uuid = answer.text("uuid") ?? ""
        cipher = answer.text("cipher") ?? ""
        keyBits = answer.text("key-bits").flatMap { Int($0) } ?? 0
        sectorSize = answer.text("sector-size").flatMap { Int($0) } ?? 0
        imageSize = answer.text("image-size").flatMap { UInt64($0) } ?? 0
        dataOffset = answer.text("data-offset").flatMap { UInt64($0) } ?? 0
        dataSize = answer.text("data-size").flatMap { UInt64($0) } ?? 0
        state = vault.state
        driver = vault.driver
        for field in answer.fields {
            add(String(decoding: field.key, as: UTF8.self), String(decoding: field.value, as: UTF8.self))
        }
    }

    /// A slot, or a token, is followed by its own fields.
    private mutating func add(_ key: String, _ value: String) {
        let number = Int(value) ?? 0
        switch key {
        case "slot": slots.append(KeySlot(number: number))
        case "token": tokens.append(Token(number: number))
        case "kdf": slots[safeLast: \.kdf] = value
        case "kdf-memory": slots[safeLast: \.memoryKiB] = number
        case "kdf-iterations": slots[safeLast: \.iterations] = number
        case "kdf-threads": slots[safeLast: \.threads] = number
        case "recovery": slots[safeLast: \.kind] = "recovery"
        case "token-type": tokens[safeLast: \.type] = value
        case "token-slot": tokens[safeLast: \.slots] = (tokens[safeLast: \.slots] ?? []) + [number]
        default: break
        }
    }

    /// For people.
    var lines: String {
        var rows = [
            ["vault", driver.map { "\(state) (\($0))" } ?? state], ["uuid", uuid],
            ["cipher", "\(cipher), a key of \(keyBits) bits, sectors of \(sectorSize) bytes"],
            ["image", Quantities.text(imageSize)],
            ["data", "\(Quantities.text(dataSize)), from \(Quantities.text(dataOffset)) on"],
        ]
        for slot in slots {
            let cost = [
                slot.memoryKiB > 0 ? "\(slot.memoryKiB / 1024) MiB" : nil, "\(slot.iterations) iterations",
                slot.threads > 0 ? "\(slot.threads) threads" : nil,
            ]
            rows.append(["slot \(slot.number)", "\(slot.kind), \(slot.kdf) (\(cost.compactMap { $0 }.joined(separator: ", ")))"])
        }
        for token in tokens {
            let slots = token.slots.map { String($0) }.joined(separator: ", ")
            rows.append(["token \(token.number)", slots.isEmpty ? token.type : "\(token.type), for slot \(slots)"])
        }
        return Table.render(rows)
    }
}

extension Array {
    /// A field of the last element; there is nothing to set in an empty list.
    fileprivate subscript<Value>(safeLast field: WritableKeyPath<Element, Value>) -> Value? {
        get { last?[keyPath: field] }
        set { if let newValue, !isEmpty { self[count - 1][keyPath: field] = newValue } }
    }
}
