using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Cea.Feedback.Media;

/// <summary>
/// A file in chunks, each AES-256-GCM under the file's own key. Bound into each: which file, which chunk, and whether it is the last, so that none can be exchanged, left
/// out or put elsewhere.
/// </summary>
public static class MediaSeal
{
    public const int ChunkBytes = 256 * 1024;
    private const int NonceBytes = 12, TagBytes = 16;

    public static byte[] NewKey() => RandomNumberGenerator.GetBytes(32);

    public static int Chunks(long bytes) => (int)Math.Max(1, (bytes + ChunkBytes - 1) / ChunkBytes);

    public static byte[] Seal(byte[] key, Guid file, int n, int of, ReadOnlySpan<byte> plain)
    {
        var output = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(output.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(output.AsSpan(0, NonceBytes), plain, output.AsSpan(NonceBytes + TagBytes), output.AsSpan(NonceBytes, TagBytes), Bound(file, n, of));
        return output;
    }

    /// <exception cref="CryptographicException">Another key or place, or damaged.</exception>
    public static byte[] Open(byte[] key, Guid file, int n, int of, ReadOnlySpan<byte> sealedChunk)
    {
        if (sealedChunk.Length < NonceBytes + TagBytes)
            throw new CryptographicException("a chunk is cut off");
        var plain = new byte[sealedChunk.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(sealedChunk[..NonceBytes], sealedChunk[(NonceBytes + TagBytes)..], sealedChunk.Slice(NonceBytes, TagBytes), plain, Bound(file, n, of));
        return plain;
    }

    /// <summary>All chunks of a file, one behind the other.</summary>
    public static byte[] Together(byte[] key, Guid file, byte[] plain)
    {
        var of = Chunks(plain.Length);
        var output = new MemoryStream(plain.Length + (of * (NonceBytes + TagBytes)));
        for (var n = 0; n < of; n++)
            output.Write(Seal(key, file, n, of, Part(plain, n)));
        return output.ToArray();
    }

    /// <summary>The chunks of what <see cref="Together"/> made of so many bytes.</summary>
    /// <exception cref="CryptographicException">It has another length than it was given.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Apart(ReadOnlyMemory<byte> together, long bytes)
    {
        const int each = NonceBytes + TagBytes + ChunkBytes;
        var whole = bytes + ((long)Chunks(bytes) * (NonceBytes + TagBytes));
        if (together.Length != whole)
            throw new CryptographicException("a file is cut off, or longer than it was");
        return [.. Enumerable.Range(0, Chunks(bytes)).Select(n => together.Slice(n * each, Math.Min(each, together.Length - (n * each))))];
    }

    /// <summary>The file that these chunks are, in their order.</summary>
    /// <exception cref="CryptographicException">Another key, or not what was kept.</exception>
    public static byte[] Whole(byte[] key, Guid file, long bytes, byte[] sha256, IReadOnlyList<ReadOnlyMemory<byte>> chunks)
    {
        using var content = new MemoryStream((int)bytes);
        for (var n = 0; n < chunks.Count; n++)
            content.Write(Open(key, file, n, Chunks(bytes), chunks[n].Span));
        var whole = content.ToArray();
        return SHA256.HashData(whole).AsSpan().SequenceEqual(sha256) ? whole : throw new CryptographicException("a file is not what was kept");
    }

    /// <summary>What goes into chunk n.</summary>
    public static ReadOnlySpan<byte> Part(byte[] plain, int n) => plain.AsSpan(n * ChunkBytes, Math.Min(ChunkBytes, plain.Length - (n * ChunkBytes)));

    private static byte[] Bound(Guid file, int n, int of)
    {
        var bound = new byte[24];
        file.TryWriteBytes(bound);
        BinaryPrimitives.WriteInt32BigEndian(bound.AsSpan(16), n);
        BinaryPrimitives.WriteInt32BigEndian(bound.AsSpan(20), of);
        return bound;
    }
}
