namespace Cea.Sandbox.TwilioVoice;

/// <summary>Calls by the control API: begin one, press, say nothing, speak, hang up; and the operator's side.</summary>
internal static class CallControl
{
    public static void Map(RouteGroupBuilder control)
    {
        control.MapGet("/calls", (CallPlayer player) => new { Calls = player.Calls.Select(CallView.Of) });
        control.MapPost("/calls", async (CallRequest request, CallPlayer player, CancellationToken ct) => CallView.Of(await player.BeginAsync(request, ct)));
        control.MapGet("/calls/{sid}", (string sid, CallPlayer player) => player.Find(sid) is { } call ? Results.Json(CallView.Of(call)) : Results.NotFound());
        control.MapPost("/calls/{sid}/{what}", async (string sid, string what, CallAct act, CallPlayer player, CancellationToken ct) => CallView.Of(await player.ActAsync(sid, what, act, ct)));
    }
}
