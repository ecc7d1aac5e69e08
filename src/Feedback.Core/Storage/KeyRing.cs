using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Cea.Feedback.Storage;

/// <summary>
/// The deployment's master keys: one current and any number of older sealing keys (AES-256-GCM), and one key for keyed hashes that never rotates,
/// since uniqueness of provider ids hangs on it. Lives outside the database, the data directory and every backup.
/// </summary>
public sealed class KeyRing
{
    public const int KeyBytes = 32;
    private const byte Format = 1;
    private const int IdBytes = 4, NonceBytes = 12, TagBytes = 16, HeaderBytes = 1 + IdBytes + NonceBytes + TagBytes;

    private readonly Dictionary<string, byte[]> _seal;
    private readonly byte[] _hash;

    private KeyRing(string current, Dictionary<string, byte[]> seal, byte[] hash) => (Current, _seal, _hash) = (current, seal, hash);

    /// <summary>How many sealing keys it holds; more than one while a rotation is under way.</summary>
    public int Count => _seal.Count;

    /// <summary>Id of the key that new data is sealed with: 8 hex digits.</summary>
    public string Current { get; }

    public static KeyRing Create()
    {
        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        return new KeyRing(IdOf(key), new() { [IdOf(key)] = key }, RandomNumberGenerator.GetBytes(KeyBytes));
    }

    /// <summary>The same ring with a new current key; the old ones still open what they sealed.</summary>
    public KeyRing WithNewKey()
    {
        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        return new KeyRing(IdOf(key), new(_seal) { [IdOf(key)] = key }, _hash);
    }

    /// <summary>The same ring without the keys that nothing is sealed with any more.</summary>
    public KeyRing WithoutOldKeys() => new(Current, new() { [Current] = _seal[Current] }, _hash);

    /// <summary>The same ring, which also opens what another one of the same deployment sealed.</summary>
    public KeyRing WithKeysOf(KeyRing other)
    {
        var all = new Dictionary<string, byte[]>(other._seal);
        foreach (var (id, key) in _seal)
            all[id] = key;
        return new KeyRing(Current, all, _hash);
    }

    /// <summary>Ids of all its sealing keys, for a backup to say which ones it needs.</summary>
    public IReadOnlyList<string> Ids => [.. _seal.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Tells one deployment's keys from another's, through every rotation; no key can be found from it.</summary>
    public string Fingerprint => Convert.ToHexStringLower(Hash("fingerprint", "cea").AsSpan(0, 16));

    /// <exception cref="FormatException">The text is not a key ring; the message says what is wrong, never a key.</exception>
    public static KeyRing Parse(string json)
    {
        try
        {
            if (JsonSerializer.Deserialize<KeyFile>(json, JsonSerializerOptions.Web) is not { Seal: { } given, Hash: not null } file || given.Contains(null!))
                throw new FormatException("the keys are not JSON of the form {\"seal\":[\"base64\"],\"hash\":\"base64\"}");
            var seal = file.Seal.ToDictionary(k => IdOf(Convert.FromBase64String(k)), Convert.FromBase64String);
            var hash = Convert.FromBase64String(file.Hash);
            if (seal.Count == 0 || hash.Length != KeyBytes || seal.Values.Any(k => k.Length != KeyBytes))
                throw new FormatException($"a key must have {KeyBytes} bytes, in base64");
            return new KeyRing(IdOf(Convert.FromBase64String(file.Seal[^1])), seal, hash);
        }
        catch (JsonException)
        {
            throw new FormatException("the keys are not JSON of the form {\"seal\":[\"base64\"],\"hash\":\"base64\"}");
        }
    }

    public override string ToString() => "[keys]";

    /// <summary>The text to keep in the key file; the last sealing key is the current one.</summary>
    public string Export() =>
        JsonSerializer.Serialize(new KeyFile([.. _seal.OrderBy(k => k.Key == Current).Select(k => Convert.ToBase64String(k.Value))], Convert.ToBase64String(_hash)), JsonSerializerOptions.Web);

    /// <summary>Encrypts; <paramref name="purpose"/> is bound in, so that a sealed address cannot be passed off as a sealed message.</summary>
    public byte[] Seal(ReadOnlySpan<byte> plain, string purpose)
    {
        var sealedBytes = new byte[HeaderBytes + plain.Length];
        var span = sealedBytes.AsSpan();
        span[0] = Format;
        Convert.FromHexString(Current, span.Slice(1, IdBytes), out _, out _);
        var nonce = span.Slice(1 + IdBytes, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_seal[Current], TagBytes);
        aes.Encrypt(nonce, plain, span[HeaderBytes..], span.Slice(1 + IdBytes + NonceBytes, TagBytes), Encoding.UTF8.GetBytes(purpose));
        return sealedBytes;
    }

    public byte[] Seal(string plain, string purpose) => Seal(Encoding.UTF8.GetBytes(plain), purpose);

    /// <exception cref="CryptographicException">Sealed by a key that is not in this ring, for another purpose, or damaged.</exception>
    public byte[] Open(ReadOnlySpan<byte> sealedBytes, string purpose)
    {
        if (sealedBytes.Length < HeaderBytes || sealedBytes[0] != Format || !_seal.TryGetValue(KeyOf(sealedBytes), out var key))
            throw new CryptographicException("sealed with a key that this deployment does not hold");
        var plain = new byte[sealedBytes.Length - HeaderBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(sealedBytes.Slice(1 + IdBytes, NonceBytes), sealedBytes[HeaderBytes..], sealedBytes.Slice(1 + IdBytes + NonceBytes, TagBytes), plain, Encoding.UTF8.GetBytes(purpose));
        return plain;
    }

    public string OpenText(ReadOnlySpan<byte> sealedBytes, string purpose) => Encoding.UTF8.GetString(Open(sealedBytes, purpose));

    /// <summary>Id of the key that sealed this, 8 hex digits, or "" when it is not sealed by a ring.</summary>
    public static string KeyOf(ReadOnlySpan<byte> sealedBytes) => sealedBytes.Length < HeaderBytes ? "" : Convert.ToHexStringLower(sealedBytes.Slice(1, IdBytes));

    /// <summary>HMAC-SHA256, 32 bytes: finds an address or a provider id again without holding it. Does not rotate.</summary>
    public byte[] Hash(string scope, string value)
    {
        var bytes = Encoding.UTF8.GetBytes($"{scope}\n{value}");
        return HMACSHA256.HashData(_hash, bytes);
    }

    private static string IdOf(byte[] key) => Convert.ToHexStringLower(SHA256.HashData(key).AsSpan(0, IdBytes));

    private sealed record KeyFile(string[] Seal, string Hash);
}
