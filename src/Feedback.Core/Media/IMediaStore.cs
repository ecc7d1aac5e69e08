using System.Security.Cryptography;

namespace Cea.Feedback.Media;

/// <summary>
/// Where sealed files lie when not in the database (<c>Cea:MediaStore</c>). It learns nothing: what it is given is ciphertext whose key is in the database, under a name that
/// is random. Where none is registered, files are rows of <c>media_chunk</c>.
/// </summary>
public interface IMediaStore
{
    /// <summary>For the operator: "the folder /srv/media".</summary>
    string Where { get; }

    /// <summary>Whole or not at all: a reader never sees a part.</summary>
    /// <exception cref="IOException">The store is away, or refuses.</exception>
    Task WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct);

    /// <summary>Null: there is nothing of that name.</summary>
    /// <exception cref="IOException">The store is away, or refuses.</exception>
    Task<byte[]?> ReadAsync(string name, CancellationToken ct);

    /// <summary>That there is nothing of that name is no failure.</summary>
    /// <exception cref="IOException">The store is away, or refuses.</exception>
    Task DeleteAsync(string name, CancellationToken ct);

    /// <summary>What an operator should know of a store that works: that it keeps what was deleted, for one. Null: nothing.</summary>
    /// <exception cref="IOException">The store is away, or refuses.</exception>
    Task<string?> WarningAsync(CancellationToken ct);

    /// <summary>Where under folder or prefix a name lies: the same in each, so that one can be copied to the other.</summary>
    /// <exception cref="ArgumentException">No name of ours: it would lead elsewhere.</exception>
    static string PathOf(string name) => name.Length == 32 && name.All(char.IsAsciiHexDigitLower) ? $"{name[..2]}/{name}" : throw new ArgumentException("no name of a stored file", nameof(name));

    static string NewName() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
