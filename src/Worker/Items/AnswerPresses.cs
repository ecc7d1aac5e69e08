using System.Threading.Channels;
using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.Items;

/// <summary>
/// Tells providers that a pressed button was taken, so that it stops to show as waiting. Kept in memory: the press itself is stored and triaged, and what is lost when we die
/// here is a sign that ends by itself.
/// </summary>
internal sealed class AnswerPresses(IntakeBoard board, ChannelKinds kinds, ILogger<AnswerPresses> log, TimeProvider clock) : BackgroundService
{
    private const int Waiting = 1000;
    private readonly Channel<TakenPress> _presses = Channel.CreateBounded<TakenPress>(new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropOldest });

    public void Queue(TakenPress press) => _presses.Writer.TryWrite(press);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var press in _presses.Reader.ReadAllAsync(stoppingToken))
        {
            if (!board.Snapshot.Accounts.TryGetValue(press.AccountId, out var account) || account.Broken is not null || kinds.Find(account.Kind) is not IAnswersPresses channel)
                continue;
            using var limit = new CancellationTokenSource(ChannelKinds.SendLimit, clock);
            try
            {
                await channel.AnswerPressAsync(press.Press, account, limit.Token);
            }
            catch (Exception) when (!stoppingToken.IsCancellationRequested) // edge of the job: whatever a provider answers, the next press is told
            {
                Log.PressNotAnswered(log, account.Id);
            }
        }
    }
}
