using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Cea.Host.Tests.Keeping;

/// <summary>Speaks the protocol of ClamAV's daemon, one command a connection. It finds whatever holds <paramref name="finds"/>.</summary>
internal sealed class ScannerStandIn : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _serving;

    public ScannerStandIn(string version, string finds = "EICAR-STANDARD-ANTIVIRUS-TEST-FILE", string ping = "PONG")
    {
        _listener.Start();
        _serving = ServeAsync(version, finds, ping);
    }

    public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public List<byte[]> Scanned { get; } = [];

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Dispose();
    }

    private async Task ServeAsync(string version, string finds, string ping)
    {
        while (true)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await using var stream = client.GetStream();
                var answer = await CommandAsync(stream) switch
                {
                    "zPING" => ping,
                    "zVERSION" => version,
                    "zINSTREAM" => await ScanAsync(stream, finds),
                    _ => "UNKNOWN COMMAND",
                };
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"{answer}\0"));
            }
            catch (SocketException)
            {
                return; // stopped
            }
        }
    }

    private static async Task<string> CommandAsync(NetworkStream stream)
    {
        var (command, next) = (new StringBuilder(), new byte[1]);
        while (await stream.ReadAsync(next) == 1 && next[0] != 0)
            command.Append((char)next[0]);
        return command.ToString();
    }

    private async Task<string> ScanAsync(NetworkStream stream, string finds)
    {
        var (file, length) = (new List<byte>(), new byte[4]);
        while (true)
        {
            await stream.ReadExactlyAsync(length);
            var piece = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            if (piece.Length == 0)
                break;
            await stream.ReadExactlyAsync(piece);
            file.AddRange(piece);
        }
        Scanned.Add([.. file]);
        return finds.Length > 0 && Encoding.ASCII.GetString([.. file]).Contains(finds, StringComparison.Ordinal) ? "stream: Eicar-Test-Signature FOUND" : "stream: OK";
    }
}
