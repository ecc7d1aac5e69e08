using System.Net.Sockets;

namespace Cea.Channels.Http;

/// <summary>
/// Tells a connection that did not come about in time from an answer that did not: the first is known unsent, the second in doubt. Stands below the client, where its
/// own time limit still is a cancellation and only the connection's is a <see cref="TimeoutException"/>.
/// </summary>
internal sealed class NoConnectionInTime : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (OperationCanceledException late) when (late.InnerException is TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, "no connection in time", new SocketException((int)SocketError.TimedOut));
        }
    }
}
