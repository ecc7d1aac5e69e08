using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Memory;

namespace Cea.Feedback.Safeguarding;

/// <summary>
/// Encryption to people instead of to the deployment: a text is sealed to a circle's public key, the circle's private key is wrapped to each member's
/// public key, and a member's private key opens only with his password. ECDH on P-256, HKDF-SHA256, AES-256-GCM (the ECIES construction of SEC 1, 5.1).
/// </summary>
public static class CircleKeys
{
    private const byte Format = 2;
    private const int MostRemembered = 5000;
    private static readonly byte[] RememberedUnder = RandomNumberGenerator.GetBytes(32);
    private static readonly MemoryCache Opened = new(new MemoryCacheOptions { SizeLimit = MostRemembered });
    private const int NonceBytes = 12, TagBytes = 16, SaltBytes = 16;

    /// <summary>A new pair: SubjectPublicKeyInfo and PKCS#8.</summary>
    public static (byte[] Public, byte[] Private) NewPair()
    {
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        return (key.ExportSubjectPublicKeyInfo(), key.ExportPkcs8PrivateKey());
    }

    /// <summary>Sealed so that only holders of one of the private keys read it. Several circles: one content, wrapped to each.</summary>
    public static byte[] Seal(ReadOnlySpan<byte> plain, params IReadOnlyList<byte[]> publicKeys)
    {
        if (publicKeys.Count is 0 or > 255)
            throw new ArgumentException("1 to 255 keys", nameof(publicKeys));

        var content = RandomNumberGenerator.GetBytes(32);
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Format);
        writer.Write((byte)publicKeys.Count);
        foreach (var publicKey in publicKeys)
        {
            var wrapped = Wrap(content, publicKey);
            writer.Write((ushort)wrapped.Length);
            writer.Write(wrapped);
        }
        writer.Write(Encrypt(content, plain));
        writer.Flush();
        return stream.ToArray();
    }

    public static byte[] Seal(string plain, params IReadOnlyList<byte[]> publicKeys) => Seal(Encoding.UTF8.GetBytes(plain), publicKeys);

    /// <summary>The text, or null when none of the private keys opens it.</summary>
    public static byte[]? Open(ReadOnlySpan<byte> sealedBytes, IEnumerable<byte[]> privateKeys)
    {
        if (sealedBytes.Length < 4 || sealedBytes[0] != Format)
            return null;

        var wraps = new byte[sealedBytes[1]][];
        var rest = sealedBytes[2..];
        for (var i = 0; i < wraps.Length; i++)
        {
            if (rest.Length < 2 || rest.Length < 2 + BinaryPrimitives.ReadUInt16LittleEndian(rest))
                return null; // cut off
            wraps[i] = rest.Slice(2, BinaryPrimitives.ReadUInt16LittleEndian(rest)).ToArray();
            rest = rest[(2 + wraps[i].Length)..];
        }
        foreach (var privateKey in privateKeys)
        {
            foreach (var wrap in wraps)
            {
                if (Unwrap(wrap, privateKey) is { } content)
                    return Decrypt(content, rest);
            }
        }
        return null;
    }

    public static string? OpenText(ReadOnlySpan<byte> sealedBytes, IEnumerable<byte[]> privateKeys) =>
        Open(sealedBytes, privateKeys) is { } plain ? Encoding.UTF8.GetString(plain) : null;

    /// <summary>A private key under a password.</summary>
    /// <param name="iterations">Of PBKDF2-HMAC-SHA256.</param>
    public static byte[] LockWithPassword(ReadOnlySpan<byte> privateKey, string password, int iterations)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return [.. salt, .. Encrypt(KeyFrom(password, salt, iterations), privateKey)];
    }

    /// <summary>The private key, or null when the password is another.</summary>
    public static byte[]? UnlockWithPassword(ReadOnlySpan<byte> locked, string password, int iterations) =>
        locked.Length <= SaltBytes ? null : Decrypt(KeyFrom(password, locked[..SaltBytes].ToArray(), iterations), locked[SaltBytes..]);

    /// <summary>A key under somebody's public key.</summary>
    public static byte[] Wrap(ReadOnlySpan<byte> key, byte[] publicKey)
    {
        using var theirs = ECDiffieHellman.Create();
        theirs.ImportSubjectPublicKeyInfo(publicKey, out _);
        using var ours = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var info = ours.ExportSubjectPublicKeyInfo();
        var shared = HKDF.DeriveKey(HashAlgorithmName.SHA256, ours.DeriveRawSecretAgreement(theirs.PublicKey), 32, salt: info, info: publicKey);
        return [(byte)info.Length, .. info, .. Encrypt(shared, key)];
    }

    /// <summary>
    /// The key, or null when it was wrapped to somebody else. One opening costs a millisecond, and a list asks for the same fifty whenever it renews itself: what was opened is remembered for
    /// some minutes, and found only by who has the private key.
    /// </summary>
    public static byte[]? Unwrap(ReadOnlySpan<byte> wrapped, byte[] privateKey)
    {
        var name = Convert.ToBase64String(HMACSHA256.HashData(RememberedUnder, (byte[])[.. privateKey, .. wrapped]));
        if (!Opened.TryGetValue(name, out byte[]? key))
        {
            key = UnwrapAnew(wrapped, privateKey);
            Opened.Set(name, key, new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = TimeSpan.FromMinutes(5) });
        }
        return (byte[]?)key?.Clone();
    }

    private static byte[]? UnwrapAnew(ReadOnlySpan<byte> wrapped, byte[] privateKey)
    {
        if (wrapped.Length < 1 || wrapped.Length < 1 + wrapped[0])
            return null;
        using var mine = ECDiffieHellman.Create();
        mine.ImportPkcs8PrivateKey(privateKey, out _);
        using var theirs = ECDiffieHellman.Create();
        var info = wrapped.Slice(1, wrapped[0]).ToArray();
        byte[] shared;
        try
        {
            theirs.ImportSubjectPublicKeyInfo(info, out _);
            shared = HKDF.DeriveKey(HashAlgorithmName.SHA256, mine.DeriveRawSecretAgreement(theirs.PublicKey), 32, salt: info, info: mine.ExportSubjectPublicKeyInfo());
        }
        catch (Exception damaged) when (damaged is CryptographicException or PlatformNotSupportedException or ArgumentException)
        {
            return null; // not one of our keys any more: one such text must not close the list of all
        }
        return Decrypt(shared, wrapped[(1 + info.Length)..]);
    }

    private static byte[] KeyFrom(string password, byte[] salt, int iterations) => Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, 32);

    private static byte[] Encrypt(byte[] key, ReadOnlySpan<byte> plain)
    {
        var output = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(output.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(output.AsSpan(0, NonceBytes), plain, output.AsSpan(NonceBytes + TagBytes), output.AsSpan(NonceBytes, TagBytes));
        return output;
    }

    private static byte[]? Decrypt(byte[] key, ReadOnlySpan<byte> input)
    {
        if (input.Length < NonceBytes + TagBytes)
            return null;
        var plain = new byte[input.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        try
        {
            aes.Decrypt(input[..NonceBytes], input[(NonceBytes + TagBytes)..], input.Slice(NonceBytes, TagBytes), plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null; // another key: an answer, not a fault
        }
        return plain;
    }
}
