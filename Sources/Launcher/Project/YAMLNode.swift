import CYAML
import Contract

/// A place in a file, counted from 1, as editors do.
struct SourceMark: Equatable {
    var line: Int
    var column: Int
}

/// A YAML document as a tree in which every part knows where it stands.
struct YAMLNode: Equatable {
    enum Content: Equatable {
        case scalar(String)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    struct Entry: Equatable {
        var key: String
        var keyMark: SourceMark
        var value: YAMLNode
    }

    var content: Content
    var mark: SourceMark

    /// Reads the first document of `text`.
    ///
    /// - Returns: nil when there is none: an empty file.
    /// - Throws: code 3 with file, line and column.
    static func parse(_ text: [UInt8], file: String) throws(Failure) -> YAMLNode? {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else { throw Failure(.project, "\(file): no memory to read it") }
        defer { yaml_parser_delete(&parser) }
        var document = yaml_document_t()
        let loaded = text.withUnsafeBufferPointer { buffer -> Bool in
            yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
            return yaml_parser_load(&parser, &document) == 1
        }
        guard loaded else {
            let problem = parser.problem.map { String(cString: $0) } ?? "it is not YAML"
            let place = place(of: parser, in: text)
            throw Failure(.project, "\(file):\(place.line):\(place.column): \(problem)")
        }
        defer { yaml_document_delete(&document) }
        guard let root = yaml_document_get_root_node(&document) else { return nil }
        var reader = TreeReader(file: file, nodeLimit: 10_000)
        return try reader.read(root, in: &document)
    }

    /// Where `parser` met its problem. Of a byte that is no UTF-8 it tells the offset and no line.
    private static func place(of parser: yaml_parser_t, in text: [UInt8]) -> SourceMark {
        guard parser.error == YAML_READER_ERROR else {
            return SourceMark(line: parser.problem_mark.line + 1, column: parser.problem_mark.column + 1)
        }
        let lines = text.prefix(parser.problem_offset).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return SourceMark(line: lines.count, column: String(decoding: lines.last ?? [], as: UTF8.self).count + 1)
    }
}

/// Copies libyaml's nodes. An alias is read where it stands; the limits are what a document full of aliases runs into, and one
/// that contains itself before it has used up the stack.
private struct TreeReader {
    let file: String
    var nodeLimit: Int
    private var depth = 0

    private static let deepest = 64

    init(file: String, nodeLimit: Int) {
        self.file = file
        self.nodeLimit = nodeLimit
    }

    mutating func read(_ node: UnsafeMutablePointer<yaml_node_t>, in document: inout yaml_document_t) throws(Failure) -> YAMLNode
    {
        let mark = mark(of: node)
        nodeLimit -= 1
        depth += 1
        defer { depth -= 1 }
        guard nodeLimit > 0, depth <= TreeReader.deepest else {
            throw problem(mark, "the file is too large or too deep, or an alias contains itself")
        }
        switch node.pointee.type {
        case YAML_SCALAR_NODE:
            return YAMLNode(content: .scalar(text(of: node)), mark: mark)
        case YAML_SEQUENCE_NODE:
            var items: [YAMLNode] = []
            var item = node.pointee.data.sequence.items.start
            while let current = item, current != node.pointee.data.sequence.items.top {
                if let child = yaml_document_get_node(&document, current.pointee) { items.append(try read(child, in: &document)) }
                item = current + 1
            }
            return YAMLNode(content: .sequence(items), mark: mark)
        default:
            return YAMLNode(content: .mapping(try entries(of: node, in: &document)), mark: mark)
        }
    }

    private mutating func entries(
        of node: UnsafeMutablePointer<yaml_node_t>, in document: inout yaml_document_t
    ) throws(Failure) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var pair = node.pointee.data.mapping.pairs.start
        while let current = pair, current != node.pointee.data.mapping.pairs.top {
            pair = current + 1
            guard let key = yaml_document_get_node(&document, current.pointee.key),
                let value = yaml_document_get_node(&document, current.pointee.value)
            else { continue }
            guard key.pointee.type == YAML_SCALAR_NODE else { throw problem(mark(of: key), "a key must be a word") }
            let name = text(of: key)
            if entries.contains(where: { $0.key == name }) {
                throw problem(mark(of: key), "the key \(name) is there twice; remove one")
            }
            entries.append(YAMLNode.Entry(key: name, keyMark: mark(of: key), value: try read(value, in: &document)))
        }
        return entries
    }

    private func text(of node: UnsafeMutablePointer<yaml_node_t>) -> String {
        let scalar = node.pointee.data.scalar
        return String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
    }

    private func mark(of node: UnsafeMutablePointer<yaml_node_t>) -> SourceMark {
        SourceMark(line: node.pointee.start_mark.line + 1, column: node.pointee.start_mark.column + 1)
    }

    private func problem(_ mark: SourceMark, _ sentence: String) -> Failure {
        Failure(.project, "\(file):\(mark.line):\(mark.column): \(sentence)")
    }
}
