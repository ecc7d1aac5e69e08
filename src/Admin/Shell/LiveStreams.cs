using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cea.Admin.Shell;

/// <summary>
/// Tells open pages that something changed: never what. The page then asks for its own list again and gets only what its officer may see. At most one event in two
/// seconds a stream, with jitter; a heartbeat every 20 s; closed when the service stops.
/// </summary>
internal sealed class LiveStreams(WakeUp wakeUp, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(2), Heartbeat = TimeSpan.FromSeconds(20);

    public async Task StreamAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        using var rung = new SemaphoreSlim(0, 1);
        void Ring(string bell)
        {
            if (bell != WakeUp.Items)
                return;
            try
            {
                rung.Release();
            }
            catch (SemaphoreFullException)
            {
                // already told
            }
        }
        wakeUp.Rang += Ring;
        try
        {
            await context.Response.WriteAsync("retry: 3000\n\n", stop.Token);
            while (!stop.IsCancellationRequested)
            {
                await context.Response.Body.FlushAsync(stop.Token);
                var changed = await rung.WaitAsync(Heartbeat, stop.Token);
                await context.Response.WriteAsync(changed ? "event: items\ndata: changed\n\n" : ": alive\n\n", stop.Token);
                await context.Response.Body.FlushAsync(stop.Token);
                if (changed)
                    await Task.Delay(Least + TimeSpan.FromMilliseconds(Random.Shared.Next(500)), clock, stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // the page is gone, or the service stops
        }
        finally
        {
            wakeUp.Rang -= Ring;
        }
    }
}

internal static class LiveEndpoint
{
    public static void MapLive(this IEndpointRouteBuilder routes) => routes.MapGet("/live", (HttpContext context, CurrentOfficer current) =>
    {
        if (current.Officer.Id != 0)
            return context.RequestServices.GetRequiredService<LiveStreams>().StreamAsync(context);
        context.Response.StatusCode = 401;
        return Task.CompletedTask;
    });
}
