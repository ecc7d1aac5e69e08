using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Cea.Host.Tests.Commands;

/// <summary>Stands before a PostgreSQL server: answers the first callers that it is starting up, in its own words, and lets the next ones through.</summary>
internal sealed class RecoveringServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly string _socket;
    private readonly Task _accepting;
    private int _refusals;

    public RecoveringServer(string socket, int refusals)
    {
        (_socket, _refusals) = (socket, refusals);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            if (Interlocked.Decrement(ref _refusals) >= 0)
            {
                await client.GetStream().ReadAtLeastAsync(new byte[1024], 8);
                var fields = Encoding.ASCII.GetBytes("SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0");
                var answer = new byte[5 + fields.Length];
                answer[0] = (byte)'E';
                BinaryPrimitives.WriteInt32BigEndian(answer.AsSpan(1), 4 + fields.Length);
                fields.CopyTo(answer, 5);
                await client.GetStream().WriteAsync(answer);
                return;
            }
            using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await server.ConnectAsync(new UnixDomainSocketEndPoint(_socket));
            await using var stream = new NetworkStream(server);
            await Task.WhenAny(client.GetStream().CopyToAsync(stream), stream.CopyToAsync(client.GetStream()));
        }
        catch (Exception end) when (end is SocketException or IOException)
        {
            // one side has gone
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }
}
