// SPDX-License-Identifier: GPL-3.0-or-later

internal import CBigNumbers

/// A whole number without bound, of libcrypto.
final class WholeNumber {
    let pointer: OpaquePointer

    init() {
        guard let pointer = BN_new() else { preconditionFailure("libcrypto gave no number: memory ran out") }
        self.pointer = pointer
    }

    /// - Parameter bytes: most significant first.
    convenience init(_ bytes: some Collection<UInt8>) {
        self.init()
        let bytes = Array(bytes)
        BN_bin2bn(bytes, Int32(bytes.count), pointer)
    }

    convenience init(_ small: UInt) {
        self.init()
        BN_set_word(pointer, small)
    }

    deinit {
        BN_clear_free(pointer)
    }

    var isZero: Bool { BN_is_zero(pointer) == 1 }
    var isOdd: Bool { BN_is_odd(pointer) == 1 }
    var bitCount: Int { Int(BN_num_bits(pointer)) }

    func bit(_ index: Int) -> Bool { BN_is_bit_set(pointer, Int32(index)) == 1 }

    /// Most significant first, with zeros before it up to `count`; as few as hold it where `count` is 0.
    func bytes(count: Int = 0) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(count, (bitCount + 7) / 8))
        BN_bn2binpad(pointer, &bytes, Int32(bytes.count))
        return bytes
    }

    func shiftedRight(_ bits: Int) -> WholeNumber {
        let result = WholeNumber()
        BN_rshift(result.pointer, pointer, Int32(bits))
        return result
    }

    static func == (one: WholeNumber, other: WholeNumber) -> Bool { BN_cmp(one.pointer, other.pointer) == 0 }
    static func < (one: WholeNumber, other: WholeNumber) -> Bool { BN_cmp(one.pointer, other.pointer) < 0 }
}

/// Arithmetic modulo a prime.
final class PrimeField {
    let modulus: WholeNumber
    private let context: OpaquePointer

    init(_ modulus: WholeNumber) {
        guard let context = BN_CTX_new() else { preconditionFailure("libcrypto gave no context: memory ran out") }
        self.modulus = modulus
        self.context = context
    }

    deinit {
        BN_CTX_free(context)
    }

    private func result(_ compute: (OpaquePointer) -> Void) -> WholeNumber {
        let number = WholeNumber()
        compute(number.pointer)
        return number
    }

    func reduce(_ one: WholeNumber) -> WholeNumber { result { BN_nnmod($0, one.pointer, modulus.pointer, context) } }

    func add(_ one: WholeNumber, _ other: WholeNumber) -> WholeNumber {
        result { BN_mod_add($0, one.pointer, other.pointer, modulus.pointer, context) }
    }

    func subtract(_ one: WholeNumber, _ other: WholeNumber) -> WholeNumber {
        result { BN_mod_sub($0, one.pointer, other.pointer, modulus.pointer, context) }
    }

    func multiply(_ one: WholeNumber, _ other: WholeNumber) -> WholeNumber {
        result { BN_mod_mul($0, one.pointer, other.pointer, modulus.pointer, context) }
    }

    func power(_ one: WholeNumber, _ exponent: WholeNumber) -> WholeNumber {
        result { BN_mod_exp($0, one.pointer, exponent.pointer, modulus.pointer, context) }
    }

    /// Zero for zero.
    func inverse(_ one: WholeNumber) -> WholeNumber { power(one, subtract(WholeNumber(), WholeNumber(2))) }
}

/// The twisted Edwards curve Ed25519 with ECDSA on it, as libgcrypt has it for keys without the flag `eddsa`.
///
/// Sources: RFC 8032 (the curve, points as 32 bytes), RFC 6979 (ECDSA with nonces from the hash), H. Hisil and others,
/// "Twisted Edwards Curves Revisited" (adding). It takes no constant time: sign on machines of your own.
struct EdwardsCurve {
    let field: PrimeField
    /// Modulo the order of the base point.
    let scalars: PrimeField
    let base: Point
    private let d: WholeNumber

    /// Extended coordinates: x = X/Z, y = Y/Z, XY = ZT.
    struct Point {
        let x: WholeNumber
        let y: WholeNumber
        let z: WholeNumber
        let t: WholeNumber
    }

    init() {
        let prime = [0x7F] + [UInt8](repeating: 0xFF, count: 30) + [0xED]
        let order: [UInt8] =
            [0x10] + [UInt8](repeating: 0, count: 15) + [
                0x14, 0xDE, 0xF9, 0xDE, 0xA2, 0xF7, 0x9C, 0xD6, 0x58, 0x12, 0x63, 0x1A, 0x5C, 0xF5, 0xD3, 0xED,
            ]
        field = PrimeField(WholeNumber(prime))
        scalars = PrimeField(WholeNumber(order))
        let ratio = field.multiply(WholeNumber(121_665), field.inverse(WholeNumber(121_666)))
        d = field.subtract(WholeNumber(), ratio)
        let y = field.multiply(WholeNumber(4), field.inverse(WholeNumber(5)))
        let x = Self.x(of: y, isOdd: false, field: field, d: d) ?? WholeNumber()
        base = Point(x: x, y: y, z: WholeNumber(1), t: field.multiply(x, y))
    }

    private static func x(of y: WholeNumber, isOdd: Bool, field: PrimeField, d: WholeNumber) -> WholeNumber? {
        let one = WholeNumber(1)
        let square = field.multiply(y, y)
        let wanted = field.multiply(
            field.subtract(square, one), field.inverse(field.add(field.multiply(d, square), one)))
        let exponent = WholeNumber([0x0F] + [UInt8](repeating: 0xFF, count: 30) + [0xFE])
        var x = field.power(wanted, exponent)
        if !(field.multiply(x, x) == wanted) {
            let quarter = WholeNumber([0x1F] + [UInt8](repeating: 0xFF, count: 30) + [0xFB])
            x = field.multiply(x, field.power(WholeNumber(2), quarter))
        }
        guard field.multiply(x, x) == wanted, !(x.isZero && isOdd) else { return nil }
        return x.isOdd == isOdd ? x : field.subtract(WholeNumber(), x)
    }

    /// - Parameter bytes: 32 of them, least significant first, the last bit telling whether x is odd.
    func point(_ bytes: [UInt8]) -> Point? {
        guard bytes.count == 32 else { return nil }
        var reversed = Array(bytes.reversed())
        let isOdd = reversed[0] & 0x80 != 0
        reversed[0] &= 0x7F
        let y = WholeNumber(reversed)
        guard y < field.modulus, let x = Self.x(of: y, isOdd: isOdd, field: field, d: d) else { return nil }
        return Point(x: x, y: y, z: WholeNumber(1), t: field.multiply(x, y))
    }

    func bytes(of point: Point) -> [UInt8] {
        let inverse = field.inverse(point.z)
        var bytes = field.multiply(point.y, inverse).bytes(count: 32)
        if field.multiply(point.x, inverse).isOdd { bytes[0] |= 0x80 }
        return bytes.reversed()
    }

    func add(_ one: Point, _ other: Point) -> Point {
        let a = field.multiply(field.subtract(one.y, one.x), field.subtract(other.y, other.x))
        let b = field.multiply(field.add(one.y, one.x), field.add(other.y, other.x))
        let c = field.multiply(field.multiply(one.t, field.add(d, d)), other.t)
        let e = field.multiply(field.add(one.z, one.z), other.z)
        let (f, g, h, i) = (field.subtract(b, a), field.subtract(e, c), field.add(e, c), field.add(b, a))
        return Point(x: field.multiply(f, g), y: field.multiply(h, i), z: field.multiply(g, h), t: field.multiply(f, i))
    }

    func multiply(_ point: Point, by scalar: WholeNumber) -> Point {
        var result = Point(x: WholeNumber(), y: WholeNumber(1), z: WholeNumber(1), t: WholeNumber())
        for index in (0..<scalar.bitCount).reversed() {
            result = add(result, result)
            if scalar.bit(index) { result = add(result, point) }
        }
        return result
    }

    /// The affine x modulo the order.
    func abscissa(of point: Point) -> WholeNumber {
        scalars.reduce(field.multiply(point.x, field.inverse(point.z)))
    }
}
