using System.Net;
using System.Net.Sockets;

namespace Cea.Channels.Http;

/// <summary>Connects to some addresses only: looks at what a name stands for at each connection, and connects to the addresses it looked at. No proxy, no cookie, no redirect.</summary>
public static class GuardedHandler
{
    /// <param name="allowed">Whether a connection may go to this address; where none may, it fails with <see cref="AddressRefusedException"/>.</param>
    public static SocketsHttpHandler To(Func<IPAddress, bool> allowed) => new()
    {
        AllowAutoRedirect = false, UseCookies = false, UseProxy = false, PooledConnectionLifetime = TimeSpan.FromMinutes(2), ConnectTimeout = TimeSpan.FromSeconds(5),
        ConnectCallback = async (context, ct) =>
        {
            var addresses = (await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, ct)).Where(allowed).ToArray();
            if (addresses.Length == 0)
                throw new AddressRefusedException();
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, ct);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}

/// <summary>A name stands for no address that may be connected to.</summary>
public sealed class AddressRefusedException : Exception;
