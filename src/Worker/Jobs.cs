using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Learning;
using Cea.Feedback.Media;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Standards;
using Cea.Feedback.Storage;
using Cea.Feedback.Trends;
using Cea.Worker.Intake;
using Cea.Worker.Items;
using Cea.Worker.Learning;
using Cea.Worker.Media;
using Cea.Worker.People;
using Cea.Worker.Replies;
using Cea.Worker.Standards;
using Cea.Worker.Trends;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Quartz;

namespace Cea.Worker;

/// <summary>Everything that happens without a person looking. What is not in this list does not run.</summary>
public static class Jobs
{
    public static IServiceCollection AddWorker(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton<Triage>();
        services.AddSingleton<Outbox>();
        services.AddSingleton<Escalation>();
        services.AddSingleton<SurveyRound>();
        services.AddSingleton<Retention>();
        services.AddSingleton<ProviderCopies>();
        services.AddSingleton<CountFolder>();
        services.AddSingleton<CatchUp>();
        services.AddSingleton<Reconcile>();
        services.AddSingleton<TemplateSync>();
        services.AddSingleton<VirusScan>();
        services.AddSingleton<MediaFetching>();
        services.AddSingleton<Transcribing>();
        services.AddSingleton<LearningRound>();

        // Rounds: woken when there is work.
        services.AddSingleton<AnswerPresses>();
        services.AddHostedService(p => p.GetRequiredService<AnswerPresses>());
        services.AddHostedService<TriageMessages>();
        services.AddHostedService<SendOutbox>();
        services.AddHostedService<CatchUpAfterOutage>();
        services.AddHostedService<FetchMedia>();

        services.AddQuartz(quartz =>
        {
            // Timers: one node of the cluster fires each.
            Every<EscalateClocks>(quartz, TimeSpan.FromSeconds(30));
            Every<AskSurveys>(quartz, TimeSpan.FromSeconds(20));
            Every<CatchUpWithProviders>(quartz, TimeSpan.FromMinutes(5));
            Every<CheckLines>(quartz, TimeSpan.FromMinutes(1));
            Every<FoldCounts>(quartz, TimeSpan.FromSeconds(15));
            Every<ReconcileSendings>(quartz, TimeSpan.FromMinutes(1));
            Every<SyncTemplates>(quartz, TimeSpan.FromSeconds(10));
            Every<PurgePersonalData>(quartz, TimeSpan.FromMinutes(10));
            Every<DeleteProviderCopies>(quartz, TimeSpan.FromMinutes(5));
            Every<Learn>(quartz, TimeSpan.FromSeconds(30));
            Every<TranscribeRecordings>(quartz, TimeSpan.FromSeconds(10));

            quartz.ConfigureScheduler(o =>
            {
                o.InstanceName = "cea";
                o.InstanceId = $"{Environment.MachineName}-{Environment.ProcessId}";
            });
            quartz.UseDefaultThreadPool(o => o.MaxConcurrency = 12); // one for each: what waits for a provider must not hold up the clocks
            quartz.UsePersistentStore(store =>
            {
                store.ConfigureStore(o => o.TablePrefix = "qz.qrtz_");
                store.UsePostgres(NpgsqlFactory.Instance, new NpgsqlConnectionStringBuilder(connectionString) { Options = $"-c role={Databases.WorkerRole}", MaxPoolSize = 4, ApplicationName = "cea quartz" }.ConnectionString);
                store.ProvisionSchema();
                store.UseClustering(c =>
                {
                    c.CheckinInterval = TimeSpan.FromSeconds(5);
                    c.CheckinMisfireThreshold = TimeSpan.FromSeconds(10);
                });
            });
        });
        services.AddQuartzHostedService(o => o.WaitForJobsToComplete = true);
        return services;
    }

    private static void Every<TJob>(IQuartzBuilder quartz, TimeSpan interval) where TJob : IJob
    {
        var key = new JobKey(typeof(TJob).Name);
        quartz.AddJob<TJob>(job => job.WithIdentity(key).DisallowConcurrentExecution());
        quartz.AddTrigger(trigger => trigger.ForJob(key).WithIdentity(key.Name).StartNow().WithSimpleSchedule(s => s.WithInterval(interval).RepeatForever().WithMisfireInstruction(SimpleTriggerMisfireInstruction.NextWithRemainingCount)));
    }
}
