using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace Cea.Feedback.Media;

/// <summary>What a scanner says of itself.</summary>
/// <param name="SignaturesOf">When the newest signatures were made, by the scanner's own clock; null: it has none.</param>
/// <param name="FindsTest">It finds EICAR's test file.</param>
public sealed record ScannerState(string Version, DateTime? SignaturesOf, bool FindsTest);

/// <summary>Asks ClamAV's daemon (INSTREAM) where <c>Cea:ClamAv</c> names one: <c>host:port</c>, or the path of its socket. Unset: everything passes.</summary>
public sealed class VirusScan(IConfiguration configuration)
{
    private const int UsualPort = 3310, Piece = 64 * 1024;
    private const string Found = " FOUND";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    // In pieces, so that no scanner finds it here.
    private static readonly string[] Eicar = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!", "$H+H*"];

    public bool IsSet => configuration["Cea:ClamAv"] is { Length: > 0 };

    /// <summary>True: clean, or nobody to ask; false: something was found.</summary>
    /// <exception cref="IOException">The scanner is away, or does not say: the file is not kept until it does.</exception>
    public async Task<bool> IsCleanAsync(ReadOnlyMemory<byte> file, CancellationToken ct)
    {
        if (!IsSet)
            return true;
        var said = await AskAsync("INSTREAM", file, ct);
        return said == "stream: OK" || (said.EndsWith(Found, StringComparison.Ordinal) ? false : throw new IOException("the scanner did not say"));
    }

    /// <summary>For the operator: is it there, is it of today, does it find anything?</summary>
    /// <exception cref="IOException">It is away, or is no ClamAV.</exception>
    public async Task<ScannerState> ExamineAsync(CancellationToken ct)
    {
        if (await AskAsync("PING", null, ct) != "PONG")
            throw new IOException("what answers there is no ClamAV");
        var version = (await AskAsync("VERSION", null, ct)).Split('/', 3); // ClamAV 1.4.3/27820/Sat Nov 28 09:32:11 2026
        var of = version is [_, _, var date] && DateTime.TryParseExact(date, "ddd MMM d HH:mm:ss yyyy", CultureInfo.InvariantCulture, DateTimeStyles.AllowInnerWhite, out var made) ? made : (DateTime?)null;
        return new ScannerState(version[0], of, (await AskAsync("INSTREAM", Encoding.ASCII.GetBytes(string.Concat(Eicar)), ct)).EndsWith(Found, StringComparison.Ordinal));
    }

    private async Task<string> AskAsync(string command, ReadOnlyMemory<byte>? file, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            using var socket = await ConnectAsync(configuration["Cea:ClamAv"]!, limit.Token);
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"z{command}\0"), limit.Token);
            if (file is { } content)
                await SendAsync(stream, content, limit.Token);
            var answer = new byte[1024];
            var read = 0;
            while (read < answer.Length && await stream.ReadAsync(answer.AsMemory(read), limit.Token) is var n and > 0)
            {
                read += n;
                if (answer.AsSpan(0, read).Contains((byte)0))
                    break;
            }
            return Encoding.ASCII.GetString(answer, 0, read).TrimEnd('\0', '\n');
        }
        catch (Exception away) when (away is SocketException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            throw new IOException("the scanner is away", away);
        }
    }

    private static async Task SendAsync(NetworkStream stream, ReadOnlyMemory<byte> file, CancellationToken ct)
    {
        var length = new byte[4];
        for (var at = 0; at < file.Length; at += Piece)
        {
            var piece = file.Slice(at, Math.Min(Piece, file.Length - at));
            BinaryPrimitives.WriteInt32BigEndian(length, piece.Length);
            await stream.WriteAsync(length, ct);
            await stream.WriteAsync(piece, ct);
        }
        await stream.WriteAsync(new byte[4], ct);
    }

    private static async Task<Socket> ConnectAsync(string address, CancellationToken ct)
    {
        if (address.StartsWith('/'))
        {
            var local = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await local.ConnectAsync(new UnixDomainSocketEndPoint(address), ct);
            return local;
        }
        var colon = address.LastIndexOf(':');
        var port = colon > 0 && int.TryParse(address[(colon + 1)..], CultureInfo.InvariantCulture, out var given) ? given : UsualPort;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(colon > 0 ? address[..colon] : address, port, ct);
        return socket;
    }
}
