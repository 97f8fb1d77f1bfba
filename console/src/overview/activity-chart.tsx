import Box from '@cloudscape-design/components/box';
import MixedLineBarChart, {
  type MixedLineBarChartProps,
} from '@cloudscape-design/components/mixed-line-bar-chart';
import type { Activity } from './activity.ts';

const timeOfDay = new Intl.DateTimeFormat('en', { hour: 'numeric', minute: '2-digit' });
const dayAndTime = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric', hour: 'numeric' });

/** How often operations were called, and how many of the calls were refused, over time. */
export function ActivityChart({
  activity,
  withDays,
}: {
  readonly activity: Activity;
  readonly withDays: boolean;
}) {
  const { starts, operations, refused } = activity;
  const series: MixedLineBarChartProps<Date>['series'] = [
    ...operations.map(({ name, counts }) => ({
      type: 'bar' as const,
      title: name,
      data: starts.map((x, index) => ({ x, y: counts[index] ?? 0 })),
    })),
    {
      type: 'line',
      title: 'Refused or failed',
      color: 'light-dark(#d91515, #ff7a7a)',
      data: starts.map((x, index) => ({ x, y: refused[index] ?? 0 })),
    },
  ];
  const format = withDays ? dayAndTime : timeOfDay;
  return (
    <MixedLineBarChart
      series={series}
      stackedBars
      hideFilter
      height={240}
      xScaleType="categorical"
      xDomain={starts}
      xTitle="Time"
      yTitle="Calls"
      ariaLabel="Calls of KMS by operation"
      i18nStrings={{
        xTickFormatter: (date) => format.format(date),
        legendAriaLabel: 'Operations',
        detailPopoverDismissAriaLabel: 'Close',
      }}
      empty={<Box textAlign="center">There were no calls in this time.</Box>}
    />
  );
}
