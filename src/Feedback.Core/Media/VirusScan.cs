using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace Cea.Feedback.Media;

/// <summary>Asks ClamAV's daemon (INSTREAM) where <c>Cea:ClamAv</c> names one: <c>host:port</c>, or the path of its socket. Unset: everything passes.</summary>
public sealed class VirusScan(IConfiguration configuration)
{
    private const int UsualPort = 3310, Piece = 64 * 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>True: clean, or nobody to ask; false: something was found.</summary>
    /// <exception cref="IOException">The scanner is away, or does not say: the file is not kept until it does.</exception>
    public async Task<bool> IsCleanAsync(ReadOnlyMemory<byte> file, CancellationToken ct)
    {
        if (configuration["Cea:ClamAv"] is not { Length: > 0 } address)
            return true;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            using var socket = await ConnectAsync(address, limit.Token);
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync("zINSTREAM\0"u8.ToArray(), limit.Token);
            var length = new byte[4];
            for (var at = 0; at < file.Length; at += Piece)
            {
                var piece = file.Slice(at, Math.Min(Piece, file.Length - at));
                BinaryPrimitives.WriteInt32BigEndian(length, piece.Length);
                await stream.WriteAsync(length, limit.Token);
                await stream.WriteAsync(piece, limit.Token);
            }
            await stream.WriteAsync(new byte[4], limit.Token);
            var answer = new byte[1024];
            var read = 0;
            while (read < answer.Length && await stream.ReadAsync(answer.AsMemory(read), limit.Token) is var n and > 0)
            {
                read += n;
                if (answer.AsSpan(0, read).Contains((byte)0))
                    break;
            }
            var said = Encoding.ASCII.GetString(answer, 0, read).TrimEnd('\0', '\n');
            return said == "stream: OK" ? true : said.EndsWith(" FOUND", StringComparison.Ordinal) ? false : throw new IOException("the scanner did not say");
        }
        catch (Exception away) when (away is SocketException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            throw new IOException("the scanner is away", away);
        }
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
        var port = colon > 0 && int.TryParse(address[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture, out var given) ? given : UsualPort;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(colon > 0 ? address[..colon] : address, port, ct);
        return socket;
    }
}
