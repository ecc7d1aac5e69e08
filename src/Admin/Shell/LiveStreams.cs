using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Cea.Admin.Shell;

/// <summary>
/// Tells open pages that something changed among what their officer may see: never what, and nothing of anything else. At most one event in two seconds a stream,
/// with jitter; a heartbeat every 20 s, whatever else happens; closed when the service stops, and before anything is told once the session has ended.
/// </summary>
internal sealed class LiveStreams(WakeUp wakeUp, Databases databases, Sessions sessions, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(2), Heartbeat = TimeSpan.FromSeconds(20);

    public async Task StreamAsync(HttpContext context, int officerId, Guid session)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        using var rung = new Rung();
        wakeUp.Rang += rung.Ring;
        try
        {
            await context.Response.WriteAsync("retry: 3000\n\n", stop.Token);
            await context.Response.Body.FlushAsync(stop.Token);
            var beat = clock.GetUtcNow() + Heartbeat;
            while (!stop.IsCancellationRequested)
            {
                var left = beat - clock.GetUtcNow();
                if (left <= TimeSpan.Zero)
                {
                    if (!await LivesAsync(session, stop.Token))
                        return;
                    await WriteAsync(": alive\n\n");
                    beat = clock.GetUtcNow() + Heartbeat;
                }
                else if (await rung.WaitAsync(left, stop.Token) && await SeesAsync(officerId, rung.Take(), stop.Token))
                {
                    if (!await LivesAsync(session, stop.Token))
                        return;
                    await WriteAsync("event: items\ndata: changed\n\n");
                    await Task.Delay(Least + TimeSpan.FromMilliseconds(Random.Shared.Next(500)), clock, stop.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // the page is gone, or the service stops
        }
        finally
        {
            wakeUp.Rang -= rung.Ring;
        }

        async Task WriteAsync(string text)
        {
            await context.Response.WriteAsync(text, stop.Token);
            await context.Response.Body.FlushAsync(stop.Token);
        }
    }

    private async Task<bool> LivesAsync(Guid session, CancellationToken ct)
    {
        try
        {
            return await sessions.FindAsync(session, ct) is not null;
        }
        catch (Exception away) when (away is NpgsqlException or TimeoutException)
        {
            return true; // asked again in a moment; what is told has no content
        }
    }

    private async Task<bool> SeesAsync(int officerId, int[]? audiences, CancellationToken ct)
    {
        if (audiences is null)
            return true;
        try
        {
            await using var command = databases.Pages.CreateCommand("select exists (select 1 from officer_access where officer_id = $1 and audiences && $2)");
            command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = officerId }, new() { Value = audiences } });
            return await command.ExecuteScalarAsync(ct) is true;
        }
        catch (Exception away) when (away is NpgsqlException or TimeoutException)
        {
            return false; // the page looks again at the next change
        }
    }

    /// <summary>The audiences for which it rang since it was last asked; null among them: for everybody.</summary>
    private sealed class Rung : IDisposable
    {
        private readonly SemaphoreSlim _any = new(0, 1);
        private readonly HashSet<int> _audiences = [];
        private bool _everybody;

        public void Ring(string bell, IReadOnlyCollection<int>? audiences)
        {
            if (bell != WakeUp.Items)
                return;
            lock (_audiences)
            {
                _everybody |= audiences is null;
                _audiences.UnionWith(audiences ?? []);
                if (_any.CurrentCount == 0)
                    _any.Release();
            }
        }

        public Task<bool> WaitAsync(TimeSpan most, CancellationToken ct) => _any.WaitAsync(most, ct);

        public int[]? Take()
        {
            lock (_audiences)
            {
                int[]? taken = _everybody ? null : [.. _audiences];
                _audiences.Clear();
                _everybody = false;
                return taken;
            }
        }

        public void Dispose() => _any.Dispose();
    }
}

internal static class LiveEndpoint
{
    public static void MapLive(this IEndpointRouteBuilder routes) => routes.MapGet("/live", (HttpContext context, CurrentOfficer current) =>
    {
        if (current.Officer.May(Right.ReadItems) && Officers.OfficerMiddleware.SessionOf(context) is { } session)
            return context.RequestServices.GetRequiredService<LiveStreams>().StreamAsync(context, current.Officer.Id, session);
        context.Response.StatusCode = 401;
        return Task.CompletedTask;
    });
}
